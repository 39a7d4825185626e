import { pushRulesContent } from '../../accounts/account-data.ts'
import type { RuleSettings } from '../../user-rules/read-rules.ts'
import { viewerFacts } from '../../accounts/viewer.ts'
import type { Bus } from '../../cluster/bus.ts'
import type { Clock } from '../../lib/clock.ts'
import type { RoomId } from '../../lib/ids.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Viewer } from '../../lib/matrix-event.ts'
import { defaultsFingerprint } from '../../push-rules/index.ts'
import type { Database } from '../../storage/database.ts'
import type { Queries } from '../../storage/query.ts'
import { currentPosition } from '../../storage/stream.ts'
import type { Typing } from '../typing.ts'
import type { Activity } from './activity.ts'
import { accountDataNews, roomExtras } from './extras.ts'
import { includesRoom, matchesEvent, type SyncFilter } from './filter.ts'
import { filterWithoutIgnored, recountedRooms, withoutTheirInvitations } from './ignoring.ts'
import { longPoll } from './long-poll.ts'
import { planRooms } from './plan.ts'
import { noRooms, readRooms, type Rooms } from './read-rooms.ts'
import type { SharedRooms } from './shared-rooms.ts'
import type { Wakes } from './wakes.ts'
import { type SyncToken, syncToken } from './token.ts'

export type SyncDeps = RuleSettings & {
  db: Database
  bus: Bus
  clock: Clock
  typing: Typing
  wakes: Wakes
  sharedRooms: SharedRooms
  activity: Activity
  /** The maximum time-out of a client, in milliseconds. */
  maxTimeoutMs: number
  /** The maximum size of a room's timeline, in bytes of events. */
  pageBytes: number
}

export type SyncRequest = {
  viewer: Viewer
  filter: SyncFilter
  /** undefined: an initial sync. */
  since: SyncToken | undefined
  fullState: boolean
  timeoutMs: number
  /** The user is away from the client (`set_presence` other than `online`). */
  isAway: boolean
  /** Ends the wait with an empty response. */
  signal: AbortSignal
}

/** `GET /sync` (client-server API, "Syncing"). Waits for news, up to the time-out. */
export async function sync(deps: SyncDeps, request: SyncRequest): Promise<SyncBody> {
  const { filter, viewer, signal, fullState } = request
  let since = request.since
  const waits = since !== undefined && !fullState
  const poll = {
    userId: viewer.userId,
    timeoutMs: waits ? Math.min(request.timeoutMs, deps.maxTimeoutMs) : 0,
    signal,
    watches: (roomId: RoomId) => includesRoom(filter, roomId),
  }
  using _presence = request.isAway ? undefined : markActive(deps.activity, viewer, poll.timeoutMs)
  return await longPoll(deps, poll, async () => {
    const result = await respond(deps, { ...request, since })
    // This attempt found nothing new for the client, so the next attempt starts at its position.
    since = result.token
    return { value: result.body, news: result.news }
  })
}

/** Marks the device of the viewer as active. A viewer without a device is not active anywhere. */
export function markActive(activity: Activity, { userId, deviceId }: Viewer, timeoutMs: number) {
  return deviceId === null ? undefined : activity.startPoll({ userId, deviceId }, timeoutMs)
}

type SyncResult = { body: SyncBody; news: boolean; token: SyncToken }

async function respond(deps: SyncDeps, request: SyncRequest): Promise<SyncResult> {
  const { typing, db } = deps
  // The next response contains later typing, and may repeat some.
  const typed = typing.serial()
  const defaults = defaultsFingerprint(deps)
  if (request.since && !request.fullState) {
    const position = await currentPosition(db)
    const since = notAhead(request.since, { position, typing: typed })
    if (since.position === position && since.typing === typed && since.defaults === defaults)
      return emptyResult(since)
  }
  return db.snapshot(async (read) => {
    const token = { position: await currentPosition(read), typing: typed, defaults }
    const since = request.since && notAhead(request.since, token)
    return readResponse(deps, read, { ...request, since, token })
  })
}

/** After a restore of the database, a token can be ahead of it. Such a token continues from the current position. */
function notAhead(since: SyncToken, now: Omit<SyncToken, 'defaults'>): SyncToken {
  return {
    ...since,
    position: Math.min(since.position, now.position),
    typing: Math.min(since.typing, now.typing),
  }
}

type SyncContext = SyncRequest & { token: SyncToken }
/** The response. Deferred rooms are read when they are written. */
export type SyncBody = ReturnType<typeof bodyOf>

async function readResponse(deps: SyncDeps, read: Queries, request: SyncContext): Promise<SyncResult> {
  const { viewer, since, token } = request
  const { userId } = viewer
  const { ignored, rulesVersion } = await viewerFacts(read, userId)
  const filter = filterWithoutIgnored(request.filter, ignored)
  const accountData = await accountDataNews(read, userId, { since: since?.position, now: token.position })
  const typed = since ? deps.typing.changedSince(since.typing) : []
  const recounted = since ? await recountedRooms(read, userId, { accountData, ignored }) : []
  const planned = await planRooms(read, {
    userId,
    filter,
    since: since?.position,
    fullState: request.fullState,
    position: token.position,
    alsoRooms: [...typed, ...accountData.roomIds, ...recounted],
  })
  const plans = await withoutTheirInvitations(read, userId, { plans: planned, ignored })
  const byThread = filter.timeline.unreadThreadNotifications
  const extras = await roomExtras(deps, read, { userId, since, plans, accountData, byThread, recounted })
  const { pageBytes, sharedRooms } = deps
  const reader = { viewer, now: deps.clock.now(), filter, pageBytes, sharedRooms }
  const rooms = await readRooms(deps, read, {
    reader,
    rooms: plans.map((plan) => ({ plan, extras: extras(plan.roomId) })),
  })
  const global = accountData.of('')
  // The response always has the whole ruleset.
  const isOutdated = since?.defaults !== token.defaults
  if (!since || isOutdated || rulesVersion > since.position)
    global.push({ type: 'm.push_rules', content: await pushRulesContent(read, userId, deps) })
  const globalEvents = global.filter((event) =>
    matchesEvent(filter.accountData, event as { type: string; content: JsonObject }),
  )
  const isEmpty =
    globalEvents.length === 0 && Object.values(rooms).every((of) => Object.keys(of).length === 0)
  return { body: bodyOf(token, globalEvents, rooms), news: !isEmpty, token }
}

function emptyResult(token: SyncToken): SyncResult {
  return { body: bodyOf(token, [], noRooms()), news: false, token }
}

/** Every section is present even when it is empty, because clients read them without a check. */
function bodyOf(token: SyncToken, accountData: JsonObject[], rooms: Rooms) {
  return {
    next_batch: syncToken(token),
    rooms,
    account_data: { events: accountData },
    presence: { events: [] },
    to_device: { events: [] },
    device_lists: { changed: [], left: [] },
    device_one_time_keys_count: {},
  }
}
