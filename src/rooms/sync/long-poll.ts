import type { Bus, Topic } from '../../cluster/bus.ts'
import { type Clock, startTimer } from '../../lib/clock.ts'
import type { Ending } from '../../lib/ending.ts'
import type { RoomId } from '../../lib/ids.ts'
import type { Viewer } from '../../lib/matrix-event.ts'
import type { Queries } from '../../storage/query.ts'
import { joinedRoomIds } from './news-store.ts'
import type { Wakes } from './wake-queue.ts'

export type PollDeps = { db: Queries; bus: Bus; clock: Clock; wakes: Wakes }

export type Result<Value> = { value: Value; news: boolean }

/** A request that waits for news. It is disposed of once, when it waits no longer. */
export interface Poll<Value, Response> extends Disposable {
  readonly viewer: Viewer
  /** How long to wait for news, in milliseconds; 0: not at all. */
  readonly timeoutMs: number
  /** Ends the wait: the client has disconnected, or the server stops. */
  readonly signal: Ending
  /** Further topics that wake the poll. */
  readonly topics: readonly Topic[]
  /** Whether the filter lets any news of a room through. */
  watches(roomId: RoomId): boolean
  /**
   * `isWoken`: a topic was published since the last attempt, or the time is over. The next attempt starts
   * where one without news ended.
   */
  attempt(of: { isWoken: boolean }): Promise<Result<Value>>
  /** The response for the value of the last attempt. undefined: the wait ended between two attempts. */
  respond(value: Value | undefined): Response | Promise<Response>
}

/**
 * Runs attempts until one has news or the time is over, and resolves to the response for its value. Between
 * attempts it sleeps until a topic of the user, the device or one of the user's rooms is published: a waiting
 * poll costs nothing for other events.
 *
 * States: first attempt (without subscriptions: most polls of a busy client end there) → subscribed, second
 * attempt (an event may have come in between) → asleep ⇄ attempt → answered. A poll that sleeps keeps this
 * object, its subscriptions and a timer in memory, and no function that waits for a promise.
 */
export function longPoll<Value, Response>(deps: PollDeps, poll: Poll<Value, Response>): Promise<Response> {
  return new Promise((resolve) => void new LongPoll(deps, poll, resolve).run())
}

const ASLEEP = Symbol('asleep')
const ignore = () => undefined
/** The result of the last attempt; undefined: the wait ended between two attempts. */
type Found<Value> = Result<Value> | typeof ASLEEP | undefined

/** A class, because thousands of polls sleep, and closures take more memory than fields. */
class LongPoll<Value, Response> {
  readonly #deps: PollDeps
  readonly #poll: Poll<Value, Response>
  readonly #resolve: (response: Response | Promise<Response>) => void
  readonly #deadline: number
  /** The listener of all topics, of the timer and of the end. */
  #onNews: ((message?: unknown, topic?: Topic) => void) | undefined
  #leaveOwn: (() => void) | undefined
  #leaveRooms: (() => void) | undefined
  #timer: Disposable | undefined
  #roomsAreStale = true
  #isWoken = false
  #isAsleep = false

  constructor(
    deps: PollDeps,
    poll: Poll<Value, Response>,
    resolve: (response: Response | Promise<Response>) => void,
  ) {
    this.#deps = deps
    this.#poll = poll
    this.#resolve = resolve
    this.#deadline = deps.clock.now() + poll.timeoutMs
  }

  /** Until the poll ends or sleeps. Never rejects. */
  async run(): Promise<void> {
    try {
      const found = this.#onNews === undefined ? await this.#start() : await this.#continue(true)
      if (found !== ASLEEP) this.#end(this.#poll.respond(found?.value))
    } catch (error) {
      this.#end(Promise.reject(error as Error))
    }
  }

  async #start(): Promise<Found<Value>> {
    const first = await this.#poll.attempt({ isWoken: false })
    if (first.news || this.#poll.timeoutMs <= 0 || this.#isOver()) return first
    this.#subscribe()
    return this.#continue(false)
  }

  /** Makes attempts until one has news, the wait is over, or the poll sleeps. */
  async #continue(isWoken: boolean): Promise<Found<Value>> {
    for (let woken = isWoken; ; woken = true) {
      if (this.#isOver()) return undefined
      // Before the turn, because the snapshot of the turn must be from after the subscription.
      if (this.#roomsAreStale) await this.#subscribeToRooms()
      const result = woken
        ? await this.#deps.wakes.inTurn(() => this.#attempt(true))
        : await this.#attempt(false)
      const left = this.#deadline - this.#deps.clock.now()
      if (result?.news || this.#isOver() || left <= 0) return result
      if (this.#isWoken || this.#roomsAreStale) continue
      this.#isAsleep = true
      this.#deps.wakes.asleep++
      this.#timer = startTimer(this.#deps.clock, left, this.#onNews ?? ignore)
      return ASLEEP
    }
  }

  async #attempt(isWoken: boolean): Promise<Result<Value> | undefined> {
    if (this.#isOver()) return undefined
    // A topic published from here on ends the next sleep.
    this.#isWoken = false
    return this.#poll.attempt({ isWoken })
  }

  /** A function, because the result changes during an `await`. */
  #isOver(): boolean {
    return this.#poll.signal.aborted
  }

  #subscribe(): void {
    const { viewer, topics, signal } = this.#poll
    const { userId, deviceId } = viewer
    const ofUser: Topic = `user:${userId}`
    const onNews = (_message?: unknown, topic?: Topic) => {
      if (topic === ofUser) this.#roomsAreStale = true
      this.#wake()
    }
    this.#onNews = onNews
    const ofDevice: Topic[] = deviceId === null ? [] : [`device:${userId} ${deviceId}`]
    this.#leaveOwn = this.#deps.bus.subscribe([ofUser, ...ofDevice, ...topics], onNews)
    signal.addEventListener('abort', onNews)
  }

  async #subscribeToRooms(): Promise<void> {
    this.#roomsAreStale = false
    const joined = await joinedRoomIds(this.#deps.db, this.#poll.viewer.userId)
    const topics = joined
      .filter((roomId) => this.#poll.watches(roomId))
      .map((roomId) => `room:${roomId}` as const)
    // Leave first: the bus has one entry for a listener and a topic, so to leave later would end the new
    // subscription of each room in both lists.
    this.#leaveRooms?.()
    if (this.#onNews) this.#leaveRooms = this.#deps.bus.subscribe(topics, this.#onNews)
  }

  #wake(): void {
    this.#isWoken = true
    if (!this.#isAsleep) return
    this.#isAsleep = false
    this.#deps.wakes.asleep--
    this.#timer?.[Symbol.dispose]()
    // Not within the call of the publisher.
    queueMicrotask(() => void this.run())
  }

  #end(response: Response | Promise<Response>): void {
    this.#leaveOwn?.()
    this.#leaveRooms?.()
    if (this.#onNews) this.#poll.signal.removeEventListener('abort', this.#onNews)
    this.#poll[Symbol.dispose]()
    this.#resolve(response)
  }
}
