import { deleteReceived, hasWaitingMessages } from '../../../accounts/to-device/waiting.ts'
import type { Topic } from '../../../cluster/bus.ts'
import type { Ending } from '../../../lib/ending.ts'
import type { DeviceId, RoomId } from '../../../lib/ids.ts'
import type { Viewer } from '../../../lib/matrix-event.ts'
import { ownText } from '../../../lib/own-text.ts'
import { currentPoint } from '../../../storage/stream.ts'
import { coversPoint } from '../../../storage/stream-point.ts'
import { longPoll, type Poll, type Result } from '../long-poll.ts'
import { markActive } from '../sync.ts'
import { isSamePoint } from '../token.ts'
import { type ConnectionState, isSameState, NO_ROOMS } from './connection-state.ts'
import type { ConnectionKey } from './connections.ts'
import type { SlidingBody, SlidingDeps, Start } from './deps.ts'
import { scopesOf } from './extension-scope.ts'
import { lettersOf, NO_EXTENSIONS } from './known-extensions.ts'
import { hashOf, NO_VERSION, ownerOf, parsePos, posOf, unknownPos } from './pos.ts'
import type { SlidingRequest } from './request.ts'
import { readResponse, type SlidingResult } from './response.ts'

/**
 * Sliding sync (MSC4186): the rooms in the windows of the client's lists, subscribed rooms, and the data of
 * extensions, as far as the client does not have them. Waits for news, up to the time-out, when the request
 * continues a connection without changing what it asks for.
 * @throws 400 M_UNKNOWN_POS when the connection cannot be continued, 401 M_UNKNOWN_TOKEN when the session has
 *   ended
 */
export async function slidingSync(deps: SlidingDeps, request: SlidingRequest): Promise<SlidingBody> {
  const asked = askedOf(request)
  const owner = ownerOf(request.viewer, request.connId)
  const start = await startOf(deps, request, owner)
  if (request.connId === NOTIFICATIONS) noteFetch(deps, request)
  await acknowledge(deps, request)
  return longPoll(deps, new SlidingPoll(deps, { ...request, pos: undefined }, { ...start, asked, owner }))
}

/** The connection with which Element X fetches the event of a push. It subscribes to the rooms of pushes. */
const NOTIFICATIONS = 'notifications'
/** The connections of apps that are not open. An open app has others beside them. */
const BACKGROUND: ReadonlySet<string> = new Set([NOTIFICATIONS, 'encryption'])

function noteFetch({ fetches }: SlidingDeps, { viewer, subscriptions }: SlidingRequest): void {
  if (subscriptions.size > 0) fetches.note({ ...viewer, roomIds: [...subscriptions.keys()] })
}

type Asked = Pick<SlidingRequest, 'subscriptions' | 'extensions'> & { hash: string }
/** By the lists of a request: `client-api` hands over the same objects while a connection sends the same body. */
const asks = new WeakMap<SlidingRequest['lists'], Asked>()

function askedOf(request: SlidingRequest): string {
  const { lists, subscriptions, extensions } = request
  const known = asks.get(lists)
  if (known?.subscriptions === subscriptions && known.extensions === extensions) return known.hash
  const hash = hashOf(askedText(request))
  asks.set(lists, { subscriptions, extensions, hash })
  return hash
}
const keyOf = ({ viewer, connId }: SlidingRequest): ConnectionKey => ({
  userId: viewer.userId,
  deviceId: viewer.deviceId ?? ('' as DeviceId),
  connId,
})

/** A class, because thousands of syncs wait, and closures take more memory than fields. */
class SlidingPoll implements Poll<SlidingResult | undefined, SlidingBody> {
  readonly timeoutMs: number
  readonly topics: readonly Topic[] = NO_TOPICS
  readonly #deps: SlidingDeps
  readonly #request: SlidingRequest
  readonly #firstState: ConnectionState
  readonly #version: string
  readonly #owner: string
  readonly #activity: Disposable | undefined
  #start: Start
  #isFirst = true

  constructor(
    deps: SlidingDeps,
    request: SlidingRequest,
    { version, before, owner, since, state, extensions, asked }: Continued & { asked: string; owner: string },
  ) {
    const { viewer, presence } = request
    const waits = since !== undefined && before === asked
    this.timeoutMs = waits ? Math.min(request.timeoutMs, deps.maxTimeoutMs) : 0
    this.#deps = deps
    this.#request = request
    this.#firstState = state
    // A waiting request keeps the version, and not the whole URL.
    this.#version = this.timeoutMs > 0 ? ownText(version) : version
    this.#owner = owner
    this.#start = { since, state, extensions, asked }
    this.#activity = BACKGROUND.has(request.connId)
      ? undefined
      : markActive(deps, viewer, { presence, timeoutMs: this.timeoutMs })
  }

  get viewer(): Viewer {
    return this.#request.viewer
  }

  get signal(): Ending {
    return this.#request.signal
  }

  /** Changes of device lists are published for rooms; invitations for the user. */
  watches(roomId: RoomId): boolean {
    const { lists, subscriptions, extensions } = this.#request
    return (
      extensions.e2ee === true ||
      subscriptions.has(roomId) ||
      [...lists.values()].some(({ filters }) => filters.isInvited !== true)
    )
  }

  async attempt({ isWoken }: { isWoken: boolean }): Promise<Result<SlidingResult | undefined>> {
    const isFirst = this.#isFirst
    this.#isFirst = false
    // Usually nothing happened since the last response; nor, at the second attempt, since the first one.
    if (
      !isWoken &&
      this.timeoutMs > 0 &&
      (await this.#isUnchanged()) &&
      !(isFirst && (await this.#hasMessages()))
    )
      return { value: undefined, news: false }
    const value = await readResponse(this.#deps, this.#request, this.#start)
    const { token, state, extensions, hasNews } = value
    // The next attempt starts at the position of this one, which found nothing for the client.
    if (!hasNews) this.#start = { since: token, state, extensions, asked: this.#start.asked }
    return { value, news: hasNews }
  }

  /** Whether the last response or attempt had everything that there is now. */
  async #isUnchanged(): Promise<boolean> {
    const { since } = this.#start
    if (since === undefined) return false
    const parts = { ...this.#deps.tokenParts(), connection: since.connection }
    return isSamePoint(since, { ...parts, position: await currentPoint(this.#deps.db) })
  }

  /** A response has a page of the to-device messages, so earlier ones than its position can wait. */
  async #hasMessages(): Promise<boolean> {
    const { viewer, extensions } = this.#request
    const { userId, deviceId } = viewer
    if (extensions.toDevice === undefined || deviceId === null) return false
    return hasWaitingMessages(this.#deps.db, { userId, deviceId })
  }

  /**
   * After the end of the wait, the response is read: it is not kept while thousands of polls wait. The client
   * of a server that stops gets it, too, and continues from it.
   */
  async respond(found: SlidingResult | undefined): Promise<SlidingBody> {
    const { txnId } = this.#request
    const { body, token, state, extensions } =
      found ?? (await readResponse(this.#deps, this.#request, this.#start))
    // The last attempt, or this read, has checked the session, with or without news.
    this.signal.readWithSession?.()
    const saved = isSameState(state, this.#firstState)
      ? this.#version
      : await this.#deps.connections.save(keyOf(this.#request), state, this.#version)
    const pos = posOf(token, {
      version: saved,
      owner: this.#owner,
      extensions,
      request: this.#start.asked,
    })
    return { pos, ...body, ...(txnId !== undefined && { txn_id: txnId }) }
  }

  [Symbol.dispose](): void {
    this.#activity?.[Symbol.dispose]()
  }
}

const NO_TOPICS: readonly Topic[] = []

/** The parts of a request that decide which data the client wants. */
const askedText = ({ lists, subscriptions, extensions }: SlidingRequest): string =>
  JSON.stringify([[...lists], [...subscriptions], lettersOf(extensions), scopesOf(extensions)])

type Continued = Omit<Start, 'asked'> & { version: string; before: string | undefined }

async function startOf(deps: SlidingDeps, request: SlidingRequest, owner: string): Promise<Continued> {
  if (request.pos === undefined)
    return {
      since: undefined,
      state: NO_ROOMS,
      extensions: NO_EXTENSIONS,
      version: NO_VERSION,
      before: undefined,
    }
  const { since, part } = parsePos(request.pos, owner)
  const state = await deps.connections.load(keyOf(request), part.version)
  if (!state) throw unknownPos('This connection has expired')
  return { since, state, extensions: part.extensions, version: part.version, before: part.request }
}

/**
 * Deletes the to-device messages that the device has received. A cursor ahead of the stream is from before a
 * restore, and acknowledges nothing.
 */
async function acknowledge({ db }: SlidingDeps, { viewer, extensions }: SlidingRequest): Promise<void> {
  const since = extensions.toDevice?.since
  const { userId, deviceId } = viewer
  if (deviceId === null || since === undefined || !coversPoint(await currentPoint(db), since)) return
  await deleteReceived(db, { userId, deviceId }, since)
}
