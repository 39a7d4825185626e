import { type ViewerFacts, viewerFacts } from '../../accounts/viewer.ts'
import type { Bus } from '../../cluster/bus.ts'
import type { Clock } from '../../lib/clock.ts'
import type { RoomId } from '../../lib/ids.ts'
import type { Viewer } from '../../lib/matrix-event.ts'
import type { Database } from '../../storage/database.ts'
import type { Queries } from '../../storage/query.ts'
import { currentPosition } from '../../storage/stream.ts'
import type { Activity } from './activity.ts'
import { accountDataOf } from './extras.ts'
import { includesRoom, type SyncFilter } from './filter.ts'
import { filterWithoutIgnored } from './ignoring.ts'
import { longPoll } from './long-poll.ts'
import type { StateForm } from './room-news.ts'
import { emptyKeys, type SyncKeys, type SyncSection } from './section.ts'
import { isSamePoint, notAhead, type SyncToken, syncToken } from './token.ts'
import type { Wakes } from './wake-queue.ts'

export type SyncDeps = {
  db: Database
  bus: Bus
  clock: Clock
  wakes: Wakes
  activity: Activity
  sections: readonly SyncSection[]
  /** The maximum time-out of a client, in milliseconds. */
  maxTimeoutMs: number
}

export type SyncRequest = {
  viewer: Viewer
  filter: SyncFilter
  /** undefined: an initial sync. */
  since: SyncToken | undefined
  fullState: boolean
  stateForm: StateForm
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
    viewer,
    timeoutMs: waits ? Math.min(request.timeoutMs, deps.maxTimeoutMs) : 0,
    signal,
    watches: (roomId: RoomId) => includesRoom(filter, roomId),
  }
  using _presence = request.isAway ? undefined : markActive(deps.activity, viewer, poll.timeoutMs)
  if (since !== undefined) for (const section of deps.sections) await section.received?.(viewer, since)
  const last = await longPoll(deps, poll, async ({ isWoken }) => {
    const result = await respond(deps, { ...request, since }, isWoken)
    // This attempt found nothing new for the client, so the next attempt starts at its position.
    since = result.token
    return { value: result, news: result.news }
  })
  // Only the last attempt is sent, so the others do not read these keys.
  if (!last.isRead)
    for (const section of deps.sections)
      Object.assign(last.body, await section.standingKeys?.(deps.db, viewer))
  return last.body
}

/** Marks the device of the viewer as active. A viewer without a device is not active anywhere. */
export function markActive(activity: Activity, { userId, deviceId }: Viewer, timeoutMs: number) {
  return deviceId === null ? undefined : activity.startPoll({ userId, deviceId }, timeoutMs)
}

/** The response. Deferred rooms are read when they are written. */
export type SyncBody = { next_batch: string } & SyncKeys

/** `isRead`: the sections were asked for their news. */
type SyncResult = { body: SyncBody; news: boolean; token: SyncToken; isRead: boolean }

async function respond(deps: SyncDeps, request: SyncRequest, isWoken: boolean): Promise<SyncResult> {
  const { db, sections } = deps
  const parts = Object.assign({}, ...sections.map((section) => section.tokenParts?.()))
  // A woken poll nearly always has news.
  if (request.since && !request.fullState && !isWoken) {
    const now = { ...parts, position: await currentPosition(db) }
    const since = notAhead(request.since, now)
    if (isSamePoint(since, now)) {
      return { body: bodyOf(since, {}), news: false, token: since, isRead: false }
    }
  }
  return db.snapshot(async (read) => {
    // Nothing has a position after the stream's, so a token that is ahead of it finds the same as one at its end.
    const { position, ...facts } = await viewerFacts(read, request.viewer, request.since?.position ?? 0)
    const now = { ...parts, position }
    const since = request.since && notAhead(request.since, now)
    return readResponse(sections, { ...request, ...facts, read, since, now })
  })
}

type ReadRequest = SyncRequest & Omit<ViewerFacts, 'position'> & { read: Queries; now: SyncToken }

async function readResponse(sections: readonly SyncSection[], request: ReadRequest): Promise<SyncResult> {
  const filter = filterWithoutIgnored(request.filter, request.ignored)
  const accountData = accountDataOf(request.accountData)
  const keys: Partial<SyncKeys> = {}
  const token = { ...request.now }
  let hasNews = false
  for (const section of sections) {
    const news = await section.news({ ...request, filter, accountData })
    Object.assign(keys, news.keys)
    Object.assign(token, news.parts)
    hasNews ||= news.hasNews
  }
  return { body: bodyOf(token, keys), news: hasNews, token, isRead: true }
}

const bodyOf = (token: SyncToken, keys: Partial<SyncKeys>): SyncBody => ({
  next_batch: syncToken(token),
  ...emptyKeys(),
  ...keys,
})
