import { requireSession, type ViewerFacts, viewerFacts } from '../../accounts/viewer.ts'
import type { Bus, Topic } from '../../cluster/bus.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Ending } from '../../lib/ending.ts'
import type { RoomId } from '../../lib/ids.ts'
import type { Viewer } from '../../lib/matrix-event.ts'
import type { Database } from '../../storage/database.ts'
import type { Queries } from '../../storage/query.ts'
import { currentPoint } from '../../storage/stream.ts'
import { START } from '../../storage/stream-point.ts'
import type { Fetches } from '../../trace/arrival/fetches.ts'
import type { DevicePresence } from '../presence/device-presence.ts'
import { excludesPresence } from '../presence/presence-filter.ts'
import type { PresenceState } from '../presence/presence-state.ts'
import type { Activity } from './activity.ts'
import { accountDataOf } from './extras.ts'
import { includesRoom, type SyncFilter } from './filter.ts'
import { filterWithoutIgnored } from './ignoring.ts'
import { longPoll, type Poll, type Result } from './long-poll.ts'
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
  /** Fetches of the events of pushes. */
  fetches: Pick<Fetches, 'note'>
  /** undefined: the server has no presence. */
  devicePresence?: DevicePresence | undefined
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
  /** `set_presence`. */
  presence: PresenceState
  /** Ends the wait with an empty response. */
  signal: Ending
}

/**
 * `GET /sync` (client-server API, "Syncing"). Waits for news, up to the time-out.
 * @throws 401 M_UNKNOWN_TOKEN when the session has ended
 */
export async function sync(deps: SyncDeps, request: SyncRequest): Promise<SyncBody> {
  const { since, viewer } = request
  const poll = new SyncPoll(deps, request)
  try {
    if (since !== undefined) for (const section of deps.sections) await section.received?.(viewer, since)
  } catch (error) {
    poll[Symbol.dispose]()
    throw error
  }
  return longPoll(deps, poll)
}

/** A class, because thousands of syncs wait, and closures take more memory than fields. */
class SyncPoll implements Poll<SyncBody | undefined, SyncBody> {
  readonly timeoutMs: number
  readonly #deps: SyncDeps
  readonly #request: SyncRequest
  readonly #activity: Disposable | undefined
  #since: SyncToken | undefined

  constructor(deps: SyncDeps, request: SyncRequest) {
    const { since, viewer, presence } = request
    this.#deps = deps
    this.#request = request
    this.timeoutMs = this.#waits ? Math.min(request.timeoutMs, deps.maxTimeoutMs) : 0
    this.#since = since
    this.#activity = markActive(deps, viewer, { presence, timeoutMs: this.timeoutMs })
  }

  get #waits(): boolean {
    return this.#request.since !== undefined && !this.#request.fullState
  }

  get viewer(): Viewer {
    return this.#request.viewer
  }

  get signal(): Ending {
    return this.#request.signal
  }

  /** Without presence, and without an interest in it, a poll has no such topic. */
  get topics(): Topic[] {
    const { viewer, filter } = this.#request
    return this.#deps.devicePresence === undefined || excludesPresence(filter.presence)
      ? []
      : [`presence:${viewer.userId}`]
  }

  watches(roomId: RoomId): boolean {
    return includesRoom(this.#request.filter, roomId)
  }

  async attempt({ isWoken }: { isWoken: boolean }): Promise<Result<SyncBody | undefined>> {
    const { body, news, token } = await respond(this.#deps, { ...this.#request, since: this.#since }, isWoken)
    // An attempt that found nothing new for the client is not sent, and the next one starts at its position.
    this.#since = token
    if (news) this.signal.readWithSession?.()
    return { value: news || !this.#waits ? body : undefined, news }
  }

  async respond(body: SyncBody | undefined): Promise<SyncBody> {
    return body ?? emptyBody(this.#deps, this.viewer, this.#since as SyncToken)
  }

  [Symbol.dispose](): void {
    this.#activity?.[Symbol.dispose]()
  }
}

/** The response of a poll without news. */
async function emptyBody({ db, sections }: SyncDeps, viewer: Viewer, token: SyncToken): Promise<SyncBody> {
  const keys: Partial<SyncKeys> = {}
  for (const section of sections) Object.assign(keys, await section.standingKeys?.(db, viewer))
  return bodyOf(token, keys)
}

type ActivityDeps = Pick<SyncDeps, 'activity' | 'devicePresence'>

/**
 * Records that the device of the viewer syncs. With the presence `online` it is active. A viewer without a
 * device is not active anywhere.
 */
export function markActive(
  { activity, devicePresence }: ActivityDeps,
  { userId, deviceId }: Viewer,
  { presence, timeoutMs }: { presence: PresenceState; timeoutMs: number },
): Disposable | undefined {
  if (deviceId === null) return undefined
  devicePresence?.synced({ userId, deviceId }, presence, timeoutMs)
  return presence === 'online' ? activity.startPoll({ userId, deviceId }, timeoutMs) : undefined
}

/** The response. Deferred rooms are read when they are written. */
export type SyncBody = { next_batch: string } & SyncKeys

/** undefined: the sections were not asked for news, because nothing happened. */
type SyncResult = { body: SyncBody | undefined; news: boolean; token: SyncToken }

async function respond(deps: SyncDeps, request: SyncRequest, isWoken: boolean): Promise<SyncResult> {
  const { db, sections } = deps
  const parts = Object.assign({}, ...sections.map((section) => section.tokenParts?.()))
  // A woken poll nearly always has news.
  if (request.since && !request.fullState && !isWoken) {
    const now = { ...parts, position: await currentPoint(db) }
    const since = notAhead(request.since, now)
    if (isSamePoint(since, now)) return { body: undefined, news: false, token: since }
  }
  return db.snapshot(
    async (read) => {
      // Nothing has a position after the stream's, so a token that is ahead of it finds the same as one at its end.
      const { position, hasSession, isLocked, ...facts } = await viewerFacts(
        read,
        request.viewer,
        request.since?.position ?? START,
      )
      requireSession({ hasSession, isLocked })
      const now = { ...parts, position }
      const since = request.since && notAhead(request.since, now)
      return readResponse(sections, { ...request, ...facts, read, since, now })
    },
    { isBrief: true },
  )
}

type ReadRequest = SyncRequest &
  Omit<ViewerFacts, 'position' | 'hasSession' | 'isLocked'> & { read: Queries; now: SyncToken }

async function readResponse(sections: readonly SyncSection[], request: ReadRequest): Promise<SyncResult> {
  const filter = filterWithoutIgnored(request.filter, request.ignored)
  const ofSections = { ...request, filter, accountData: accountDataOf(request.accountData) }
  const keys: Partial<SyncKeys> = {}
  const token = { ...request.now }
  let hasNews = false
  for (const section of sections) {
    const news = await section.news(ofSections)
    Object.assign(keys, news.keys)
    Object.assign(token, news.parts)
    hasNews ||= news.hasNews
  }
  return { body: bodyOf(token, keys), news: hasNews, token }
}

const bodyOf = (token: SyncToken, keys: Partial<SyncKeys>): SyncBody => ({
  next_batch: syncToken(token),
  ...emptyKeys(),
  ...keys,
})
