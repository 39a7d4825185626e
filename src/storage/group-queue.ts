import type { WaitingWork } from './group-transaction.ts'

/** The maximum number of transactions in one commit. It bounds how long the first waits for the last. */
const GROUP_LIMIT = 256

/** The transactions that wait for a group. */
export interface GroupQueue {
  push(waiting: WaitingWork): void
  /** The transactions of the next group, in the order of their arrival. They leave the queue. Undefined: no group can run now. */
  next(): WaitingWork[] | undefined
  /** The group that `next` returned has ended. */
  ended(group: readonly WaitingWork[]): void
  isEmpty(): boolean
}

/** The number of transactions of the next group: the first, or those before one that needs its own group. */
function lengthOfGroup(works: readonly WaitingWork[]): number {
  const length = Math.min(works.length, GROUP_LIMIT)
  for (let at = 0; at < length; at++) if (works[at]?.inOwnGroup === true) return Math.max(at, 1)
  return length
}

/** All waiting transactions form one group. */
export function createGroupQueue(): GroupQueue {
  const queue: WaitingWork[] = []
  return {
    push: (waiting) => void queue.push(waiting),
    next() {
      if (queue.length === 0) return undefined
      return queue.splice(0, lengthOfGroup(queue))
    },
    ended: () => undefined,
    isEmpty: () => queue.length === 0,
  }
}

/** What a group locks: a shard of the stream, or all. */
export type ShardLock = number | 'all'

export const lockOf = ({ shard, inAllShards }: WaitingWork): ShardLock | undefined =>
  inAllShards && shard?.shards !== 1 ? 'all' : shard?.number

/**
 * Several connections take groups from it. A group has the transactions of one shard, of which one group runs at a time. The shard whose
 * transactions have waited longest is next.
 */
export function createShardQueue(): GroupQueue {
  /** In the order in which their first transactions came. */
  const waiting = new Map<ShardLock, WaitingWork[]>()
  const running = new Set<ShardLock>()
  const lockIn = (work: WaitingWork): ShardLock => {
    const lock = lockOf(work)
    if (lock === undefined) throw new Error('a transaction of no shard waits for one')
    return lock
  }
  return {
    push(work) {
      const lock = lockIn(work)
      const others = waiting.get(lock)
      if (others) others.push(work)
      else waiting.set(lock, [work])
    },
    next() {
      for (const [lock, works] of waiting) {
        if (running.has(lock)) continue
        running.add(lock)
        waiting.delete(lock)
        const group = works.splice(0, lengthOfGroup(works))
        if (works.length > 0) waiting.set(lock, works)
        return group
      }
      return undefined
    },
    ended([first]) {
      if (first) running.delete(lockIn(first))
    },
    isEmpty: () => waiting.size === 0,
  }
}
