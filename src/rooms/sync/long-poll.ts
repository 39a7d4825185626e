import type { Bus, Topic } from '../../cluster/bus.ts'
import type { Clock } from '../../lib/clock.ts'
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
  signal: AbortSignal
  /** Whether the filter lets any news of a room through. */
  watches(roomId: RoomId): boolean
  /** Further topics that wake the poll. */
  topics?: readonly Topic[]
}

/**
 * Runs `attempt` until it has news or the time is over, and resolves to its last result. Between attempts it sleeps
 * until a topic of the user, the device or one of the user's rooms is published: a waiting poll costs nothing for other events. `isWoken`: a topic
 * was published since the last attempt.
 *
 * States: first attempt (without subscriptions: most polls of a busy client end there) → subscribed, second attempt (an event
 * may have come in between) → asleep ⇄ attempt → answered.
 */
export async function longPoll<T>(
  deps: PollDeps,
  poll: Poll,
  attempt: (of: { isWoken: boolean }) => Promise<{ value: T; news: boolean }>,
): Promise<T> {
  const deadline = deps.clock.now() + poll.timeoutMs
  const ended = () => poll.signal.aborted
  let result = await attempt({ isWoken: false })
  if (result.news || poll.timeoutMs <= 0 || ended()) return result.value
  using watch = watchUser(deps, poll)
  const attemptAgain = async (isWoken: boolean): Promise<boolean> => {
    if (ended()) return true
    await watch.prepare()
    result = await attempt({ isWoken })
    return result.news || ended()
  }
  let isOver = await attemptAgain(false)
  for (;;) {
    const left = deadline - deps.clock.now()
    if (isOver || left <= 0) return result.value
    await deps.clock.sleep(left, watch.signal())
    if (ended()) return result.value
    isOver = await deps.wakes.inTurn(() => attemptAgain(true))
  }
}

/** Without a reason, each abort would create an error with its stack. */
const WOKEN = 'woken'

function watchUser(deps: PollDeps, poll: Poll) {
  const { userId, deviceId } = poll.viewer
  let wake = new AbortController()
  let rooms: (() => void) | undefined
  let roomsAreStale = true
  const onNews = () => wake.abort(WOKEN)
  const user = deps.bus.subscribe([`user:${userId}`], () => {
    roomsAreStale = true
    onNews()
  })
  const ofDevice: Topic[] = deviceId === null ? [] : [`device:${userId} ${deviceId}`]
  const others = deps.bus.subscribe([...ofDevice, ...(poll.topics ?? [])], onNews)
  poll.signal.addEventListener('abort', onNews)

  return {
    /** A topic published from here on ends the next sleep. */
    async prepare(): Promise<void> {
      wake = new AbortController()
      if (poll.signal.aborted) wake.abort()
      if (!roomsAreStale) return
      roomsAreStale = false
      const joined = await joinedRoomIds(deps.db, userId)
      const topics = joined
        .filter((roomId) => poll.watches(roomId))
        .map((roomId) => `room:${roomId}` as const)
      const before = rooms
      rooms = deps.bus.subscribe(topics, onNews)
      before?.()
    },
    signal: () => wake.signal,
    [Symbol.dispose]() {
      user()
      others()
      rooms?.()
      poll.signal.removeEventListener('abort', onNews)
    },
  }
}
