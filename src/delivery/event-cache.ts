import { createBatcher } from '../lib/batcher.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { Queries } from '../storage/query.ts'
import type { LoadPokedEvents, PokedEvent } from './poked-event.ts'

/** A message for many pushers is loaded once; events hold at most 64 KiB each. */
const KEPT = 256

/** Events by position, as they were when first asked for: whether one was redacted since is not to be read from here. */
export function createEventCache(load: LoadPokedEvents, q: Queries) {
  const kept = new BoundedMap<number, Promise<PokedEvent | undefined>>({ limit: KEPT })
  const loadOne = createBatcher<number, PokedEvent | undefined>(async (positions) => {
    const found = await load(q, positions)
    return positions.map((position) => found.get(position))
  })
  const loadAndKeep = (position: number) => {
    const event = loadOne(position)
    event.catch(() => kept.delete(position))
    return event
  }
  return (position: number): Promise<PokedEvent | undefined> =>
    kept.getOrInsertComputed(position, loadAndKeep)
}
