import type { GatewayMembership } from './claims.ts'

/** The size of a queue entry: its text, and an estimate for the row and its indexes. */
const ROW_BYTES = 512
export const bytesOfEntry = (text: string) => Buffer.byteLength(text) + ROW_BYTES

/** `source`: the IP address of the sender; empty for this server itself. */
export type Weight = { source: string; bytes: number }
export type WaitingTotals = Weight & { count: number }

export type QueueLimits = {
  /** The limits of the queue. A notification beyond one of them is refused. */
  mostQueued: number
  mostQueuedBytes: number
  /** For each source address. */
  mostQueuedBytesPerAddress: number
}

/**
 * The size of the queue as this process knows it: the rows of the last count, and its own writes since. What
 * other processes add is known with the next count, so with N processes the queue can exceed its limits by
 * what N-1 processes accept in that time.
 */
export type QueueCapacity = {
  count(): number
  /**
   * The queue is empty and no entry is being written. False before the first count, and while other processes
   * can add entries.
   */
  isEmpty(): boolean
  /** Reserves space for an entry before it is written. End the reservation with `release`. */
  reserve(entry: Weight): 'reserved' | 'queue full' | 'address full'
  release(entry: Weight): void
  added(entry: Weight): void
  removed(entries: readonly Weight[]): void
  /** Takes over the counts of the database. */
  reset(counted: readonly WaitingTotals[]): void
}

export function createQueueCapacity(limits: QueueLimits, membership: GatewayMembership): QueueCapacity {
  const waiting = createTally()
  const reserved = createTally()
  /** Without the entries of another process that has ended since. */
  let isCounted = false
  const isAlone = () => membership.live().length === 1
  membership.onChange(() => (isCounted = false))
  return {
    count: () => waiting.count(),
    isEmpty: () => isAlone() && isCounted && waiting.count() + reserved.count() === 0,
    reserve(entry) {
      const bytes = waiting.bytes() + reserved.bytes() + entry.bytes
      if (waiting.count() + reserved.count() >= limits.mostQueued || bytes > limits.mostQueuedBytes)
        return 'queue full'
      const fromThere = waiting.bytesOf(entry.source) + reserved.bytesOf(entry.source) + entry.bytes
      if (entry.source !== '' && fromThere > limits.mostQueuedBytesPerAddress) return 'address full'
      reserved.add(entry, 1)
      return 'reserved'
    },
    release: (entry) => reserved.add(entry, -1),
    added: (entry) => waiting.add(entry, 1),
    removed: (entries) => entries.forEach((entry) => waiting.add(entry, -1)),
    reset(counted) {
      isCounted = isAlone()
      waiting.reset(counted)
    },
  }
}

function createTally() {
  let count = 0
  let bytes = 0
  const bySource = new Map<string, number>()
  return {
    count: () => count,
    bytes: () => bytes,
    bytesOf: (source: string) => bySource.get(source) ?? 0,
    add(entry: Weight, sign: 1 | -1) {
      count = Math.max(0, count + sign)
      bytes = Math.max(0, bytes + sign * entry.bytes)
      const left = (bySource.get(entry.source) ?? 0) + sign * entry.bytes
      if (left > 0) bySource.set(entry.source, left)
      else bySource.delete(entry.source)
    },
    reset(counted: readonly WaitingTotals[]) {
      count = counted.reduce((sum, one) => sum + one.count, 0)
      bytes = counted.reduce((sum, one) => sum + one.bytes, 0)
      bySource.clear()
      for (const one of counted) bySource.set(one.source, one.bytes)
    },
  }
}
