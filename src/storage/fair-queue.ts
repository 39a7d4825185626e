import { steadyNow, systemClock } from '../lib/clock.ts'
import { type GroupQueue, lengthOfGroup, type WriteGroup } from './group-queue.ts'
import type { WaitingWork } from './group-transaction.ts'

/** The longest pause for results, as a multiple of the duration of the durable group before it. So durable groups have at least a quarter of the time. */
const MOST_PAUSE = 3

/**
 * The queue of a single connection that writes everything. Transactions that need not be durable, such as the results of pokes, have groups of their own, which need no sync, and take turns with the durable ones.
 *
 * A pusher is sent its next poke when the result of the last one is recorded. If each result waited for a group of dozens of messages, pokes would be sent more slowly than messages are accepted, and later
 * and later. So a durable group waits until as many results are recorded as the one before had transactions. It waits only while results follow one another: at most for the duration of the group before
 * since the last result, three times that in all, and not at all if no result came since the group before. So recipients that respond slowly, or are not there, delay few messages.
 *
 * @param now milliseconds on a clock that is never set
 */
export function createFairQueue(now = () => steadyNow(systemClock)): GroupQueue {
  const durable: WaitingWork[] = []
  const others: WaitingWork[] = []
  const pauses = createPauses(now)
  let isTurnOfOthers = true
  let onOther: () => void = () => undefined
  return {
    push(waiting) {
      if (waiting.durably) durable.push(waiting)
      else {
        others.push(waiting)
        onOther()
      }
    },
    next() {
      if (durable.length === 0 && others.length === 0) return undefined
      const isOfOthers = others.length > 0 && (isTurnOfOthers || durable.length === 0 || pauses.leftMs() > 0)
      isTurnOfOthers = !isOfOthers
      if (!isOfOthers) pauses.begin()
      const list = isOfOthers ? others : durable
      return { works: list.splice(0, lengthOfGroup(list)), lock: undefined }
    },
    ended(group, again) {
      if (isDurable(group)) {
        durable.unshift(...again)
        pauses.written(group.works.length)
      } else {
        others.unshift(...again)
        pauses.recorded(group.works.reduce((sum, { results }) => sum + results, 0))
      }
    },
    async pause(syncing) {
      if (pauses.needsSync()) {
        await syncing
        pauses.synced()
      }
      const ms = pauses.leftMs()
      if (ms === 0 || durable.length === 0 || others.length > 0) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        onOther = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      onOther = () => undefined
    },
    isEmpty: () => durable.length === 0 && others.length === 0,
  }
}

const isDurable = ({ works: [first] }: WriteGroup) => first?.durably === true

/** How long durable groups wait for results. */
function createPauses(now: () => number) {
  let began = 0
  let tookMs = 0
  /** The number of results that the next durable group waits for. */
  let missing = 0
  /** Results were recorded since the last durable group. */
  let isFlowing = false
  let isSynced = true
  /** The end of the pause if no further result comes, and in any case. */
  let end = 0
  let lastEnd = 0
  return {
    /** A durable group begins. */
    begin() {
      began = now()
    },
    /** A durable group is committed, and its sync has begun. */
    written(count: number) {
      missing = isFlowing ? count : 0
      isFlowing = false
      isSynced = false
    },
    /** The pause begins after the sync, because results need it too. */
    needsSync: () => !isSynced && missing > 0,
    synced() {
      const at = now()
      isSynced = true
      tookMs = at - began
      end = at + tookMs
      lastEnd = at + MOST_PAUSE * tookMs
    },
    recorded(results: number) {
      if (results === 0) return
      missing -= results
      isFlowing = true
      end = now() + tookMs
    },
    leftMs: () => (missing > 0 ? Math.max(0, Math.min(end, lastEnd) - now()) : 0),
  }
}
