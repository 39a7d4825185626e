import type { StreamPoint } from '../../src/storage/stream-point.ts'

/** The point whose shards have seen these numbers of values of the sequence. */
export const pointOfCounts = (counts: readonly number[]): StreamPoint =>
  counts.map((count, shard) => (count === 0 ? 0 : (count - 1) * counts.length + shard))
