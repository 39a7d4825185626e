/** What an entry of the queue takes: of its notification, and about so much for the row and its indexes. */
const ROW_BYTES = 512
export const bytesOfEntry = (text: string) => Buffer.byteLength(text) + ROW_BYTES

/** `source`: the address that it came from; empty for what this server sends itself. */
export type Weight = { source: string; bytes: number }
export type Waiting = Weight & { count: number }

export type QueueLimits = {
  /** Beyond each of these nothing more is accepted that has to wait. */
  mostQueued: number
  mostQueuedBytes: number
  /** For what came from one address. */
  mostQueuedBytesPerAddress: number
}

/** How much waits, as far as this process knows: what is in the database, and what is on its way there. */
export type QueueRoom = {
  count(): number
  /** Nothing waits, and nothing is being written. False before the first count. */
  isEmpty(): boolean
  /** Takes the place of an entry before it is written. It is kept by `added`, or given back by `release`. */
  reserve(entry: Weight): 'reserved' | 'queue full' | 'address full'
  release(entry: Weight): void
  added(entry: Weight): void
  removed(entries: readonly Weight[]): void
  /** What was counted in the database. */
  reset(counted: readonly Waiting[]): void
}

export function createQueueRoom(limits: QueueLimits): QueueRoom {
  const waiting = createTally()
  const reserved = createTally()
  let isCounted = false
  return {
    count: () => waiting.count(),
    isEmpty: () => isCounted && waiting.count() + reserved.count() === 0,
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
      isCounted = true
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
    reset(counted: readonly Waiting[]) {
      count = counted.reduce((sum, one) => sum + one.count, 0)
      bytes = counted.reduce((sum, one) => sum + one.bytes, 0)
      bySource.clear()
      for (const one of counted) bySource.set(one.source, one.bytes)
    },
  }
}
