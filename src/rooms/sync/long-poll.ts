import type { Bus, Topic } from '../../cluster/bus.ts'
import { type Clock, startTimer } from '../../lib/clock.ts'
import type { Ending } from '../../lib/ending.ts'
import type { RoomId } from '../../lib/ids.ts'
import type { Viewer } from '../../lib/matrix-event.ts'
import type { Queries } from '../../storage/query.ts'
import { joinedRoomIds } from './news-store.ts'
import type { Wakes } from './wake-queue.ts'

export type PollDeps = { db: Queries; bus: Bus; clock: Clock; wakes: Wakes }

export type Poll = {
  viewer: Viewer
  /** How long to wait for news, in milliseconds; 0: not at all. */
  timeoutMs: number
  /** Ends the wait: the client has disconnected, or the server stops. */
  signal: Ending
  /** Whether the filter lets any news of a room through. */
  watches(roomId: RoomId): boolean
  /** Further topics that wake the poll. */
  topics?: readonly Topic[]
}

type Result<T> = { value: T; news: boolean }
type Attempt<T> = (of: { isWoken: boolean }) => Promise<Result<T>>

/**
 * Runs `attempt` until it has news or the time is over, and resolves to its last result. Between attempts it sleeps
 * until a topic of the user, the device or one of the user's rooms is published: a waiting poll costs nothing for other events. `isWoken`: a topic
 * was published since the last attempt.
 *
 * States: first attempt (without subscriptions: most polls of a busy client end there) → subscribed, second attempt (an event
 * may have come in between) → asleep ⇄ attempt → answered.
 */
export async function longPoll<T>(deps: PollDeps, poll: Poll, attempt: Attempt<T>): Promise<T> {
  const deadline = deps.clock.now() + poll.timeoutMs
  let result = await attempt({ isWoken: false })
  if (result.news || poll.timeoutMs <= 0 || isOver(poll)) return result.value
  using watch = new Watch(deps, poll)
  result = (await attemptAgain(watch, attempt, false)) ?? result
  for (;;) {
    const left = deadline - deps.clock.now()
    if (result.news || isOver(poll) || left <= 0) return result.value
    await watch.sleep(left)
    if (isOver(poll)) return result.value
    const woken = await deps.wakes.inTurn(() => attemptAgain(watch, attempt, true))
    result = woken ?? result
  }
}

/** Whether the wait has ended before its time. A function, because the result changes during an `await`. */
const isOver = ({ signal }: Poll): boolean => signal.aborted

/** undefined: the wait has ended. */
async function attemptAgain<T>(
  watch: Watch,
  attempt: Attempt<T>,
  isWoken: boolean,
): Promise<Result<T> | undefined> {
  if (watch.isOver) return undefined
  await watch.prepare()
  return attempt({ isWoken })
}

/** The subscriptions of a poll, and its sleep. A class, because thousands of polls sleep, and closures take more memory than fields. */
class Watch {
  readonly #deps: PollDeps
  readonly #poll: Poll
  readonly #onNews = () => this.#wake()
  readonly #leaveUser: () => void
  readonly #leaveOthers: () => void
  #leaveRooms: (() => void) | undefined
  #roomsAreStale = true
  #isWoken = false
  #timer: Disposable | undefined
  #endSleep: (() => void) | undefined

  constructor(deps: PollDeps, poll: Poll) {
    this.#deps = deps
    this.#poll = poll
    const { userId, deviceId } = poll.viewer
    this.#leaveUser = deps.bus.subscribe([`user:${userId}`], () => {
      this.#roomsAreStale = true
      this.#wake()
    })
    const ofDevice: Topic[] = deviceId === null ? [] : [`device:${userId} ${deviceId}`]
    this.#leaveOthers = deps.bus.subscribe([...ofDevice, ...(poll.topics ?? [])], this.#onNews)
    poll.signal.addEventListener('abort', this.#onNews)
  }

  get isOver(): boolean {
    return this.#poll.signal.aborted
  }

  /** A topic published from here on ends the next sleep. */
  async prepare(): Promise<void> {
    this.#isWoken = this.isOver
    if (!this.#roomsAreStale) return
    this.#roomsAreStale = false
    const joined = await joinedRoomIds(this.#deps.db, this.#poll.viewer.userId)
    const topics = joined
      .filter((roomId) => this.#poll.watches(roomId))
      .map((roomId) => `room:${roomId}` as const)
    // Leave first: the bus has one entry for a listener and a topic, so to leave later would end the new subscription of each room in both lists.
    this.#leaveRooms?.()
    this.#leaveRooms = this.#deps.bus.subscribe(topics, this.#onNews)
  }

  /** Resolves after `ms` milliseconds, or when a topic is published or the wait must end. */
  sleep(ms: number): Promise<void> {
    if (this.#isWoken) return Promise.resolve()
    return new Promise<void>((resolve) => {
      this.#endSleep = resolve
      this.#timer = startTimer(this.#deps.clock, ms, resolve)
    })
  }

  #wake(): void {
    this.#isWoken = true
    this.#timer?.[Symbol.dispose]()
    this.#endSleep?.()
  }

  [Symbol.dispose](): void {
    this.#leaveUser()
    this.#leaveOthers()
    this.#leaveRooms?.()
    this.#timer?.[Symbol.dispose]()
    this.#poll.signal.removeEventListener('abort', this.#onNews)
  }
}
