import { accountDataSince } from '../accounts/account-data-store.ts'
import { devicesOfUser } from '../accounts/devices-store.ts'
import { getProfile } from '../accounts/profile.ts'
import { threepidsOfUser } from '../accounts/threepids-store.ts'
import { userById } from '../accounts/users-store.ts'
import type { UserId } from '../lib/ids.ts'
import type { Json, JsonObject } from '../lib/json.ts'
import { parseStored } from '../lib/json.ts'
import { clientEvent } from '../lib/matrix-event.ts'
import type { OnProgress } from '../lib/progress.ts'
import { mediaUri } from '../media/media-uri.ts'
import { listNotifications } from '../notifications/list.ts'
import { pushersWithQueue } from '../pushers/status-store.ts'
import type { RuleSettings } from '../push-rules/index.ts'
import { eventOfRow } from '../rooms/event-row.ts'
import type { Database } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { START } from '../storage/stream-point.ts'
import { rulesetOf } from '../user-rules/read-rules.ts'
import { endOfStream, eventsOfSender, mediaOfExport, roomsOfExport } from './export-store.ts'

// The data of one person, part by part. Lists that can be long are read in pages.

const PAGE = 500
const NOTIFICATIONS_PAGE = 100

export type UserDataDeps = { db: Database; serverName: string; ruleSettings: RuleSettings }

/** The account itself, without its password. */
export async function accountPart(q: Queries, userId: UserId): Promise<JsonObject> {
  const user = await q.first(userById, { userId })
  return {
    created_at: user?.created_at ?? null,
    is_admin: user?.is_admin === 1,
    deactivated_at: user?.deactivated_at ?? null,
    locked_at: user?.locked_at ?? null,
    suspended_at: user?.suspended_at ?? null,
  }
}

export const profilePart = (q: Queries, userId: UserId): Promise<JsonObject> =>
  // A deactivated account has none to show.
  getProfile(q, userId).catch(() => ({}))

export const addressesPart = async (q: Queries, userId: UserId): Promise<Json> =>
  (await q.all(threepidsOfUser, { userId })).map((row) => ({ ...row }))

export const devicesPart = async (q: Queries, userId: UserId): Promise<Json> =>
  (await q.all(devicesOfUser, { userId })).map(({ user_id: _user, ...device }) => device)

/** Without push keys and `data`: both can contain secrets of the app. */
export const pushersPart = async (q: Queries, userId: UserId): Promise<Json> =>
  (await q.all(pushersWithQueue, { userId })).map((row) => ({
    app_id: row.app_id,
    kind: row.kind,
    app_display_name: row.app_display_name,
    device_display_name: row.device_display_name,
    device_id: row.device_id,
    lang: row.lang,
    profile_tag: row.handle,
    enabled: row.enabled === 1,
    created_at: row.created_at,
    set_at: row.set_at,
    last_success_at: row.last_success_at,
  }))

export async function rulesPart(q: Queries, userId: UserId, settings: RuleSettings): Promise<Json> {
  const { global, device } = await rulesetOf(q, userId, settings)
  return structuredClone({ global, device: Object.fromEntries(device) }) as unknown as Json
}

export const accountDataPart = async (q: Queries, userId: UserId): Promise<Json> =>
  (await q.all(accountDataSince, { userId, since: START })).map(({ room_id: roomId, type, content }) => ({
    ...(roomId !== '' && { room_id: roomId }),
    type,
    content: parseStored(content),
  }))

export const roomsPart = async (q: Queries, userId: UserId): Promise<Json> =>
  (await q.all(roomsOfExport, { userId })).map(({ is_encrypted: isEncrypted, ...room }) => ({
    ...room,
    is_encrypted: isEncrypted === 1,
  }))

/** The events that the user sent, in the form that clients get. */
export async function* eventsPart(
  db: Database,
  userId: UserId,
  onProgress: OnProgress,
): AsyncGenerator<JsonObject[]> {
  const { position: total = 0 } = (await db.first(endOfStream, {})) ?? {}
  for (let after = 0; ;) {
    const rows = await db.all(eventsOfSender, { sender: userId, after, limit: PAGE })
    yield rows.map((row) => {
      const { unsigned: _, ...event } = clientEvent(eventOfRow(row), VIEW)
      return event
    })
    if (rows.length < PAGE) return
    after = rows.at(-1)?.position ?? after
    onProgress({ step: 'exporting events', done: after, total })
  }
}

const VIEW = { viewer: { userId: '' as UserId, deviceId: null }, now: 0 }

export async function* mediaPart(
  { db, serverName }: UserDataDeps,
  userId: UserId,
): AsyncGenerator<JsonObject[]> {
  for (let after = ''; ;) {
    const rows = await db.all(mediaOfExport, { userId, after, limit: PAGE })
    yield rows.map(({ media_id: mediaId, ...row }) => ({ uri: mediaUri(serverName, mediaId), ...row }))
    if (rows.length < PAGE) return
    after = rows.at(-1)?.media_id ?? after
  }
}

export async function* notificationsPart(db: Database, userId: UserId): AsyncGenerator<JsonObject[]> {
  for (let from: number | undefined; ;) {
    const page = { userId, limit: NOTIFICATIONS_PAGE, ...(from !== undefined && { from }) }
    const { notifications, next } = await db.snapshot((q) => listNotifications(q, page))
    yield notifications.map((one) => ({
      room_id: one.roomId,
      event_id: one.eventId,
      ts: one.originServerTs,
      read: one.read,
      actions: one.actions,
    }))
    if (next === undefined) return
    from = next
  }
}
