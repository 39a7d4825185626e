import { createBatcher } from '../lib/batcher.ts'
import type { Queries } from '../storage/query.ts'
import type { LoadPokedEvents, PokedEvent } from './poked-event.ts'

/** A message for many pushers is loaded once; events hold at most 64 KiB each. */
const KEPT = 256

/** Events by position, as they were when first asked for: whether one was redacted since is not to be read from here. */
export function createEventCache(load: LoadPokedEvents, q: Queries) {
  const kept = new Map<number, Promise<PokedEvent | undefined>>()
  const loadOne = createBatcher<number, PokedEvent | undefined>(async (positions) => {
    const found = await load(q, positions)
    return positions.map((position) => found.get(position))
  })
  return (position: number): Promise<PokedEvent | undefined> => {
    const event = kept.get(position) ?? loadOne(position)
    kept.delete(position)
    kept.set(position, event) // last in the map: used last
    const oldest = kept.keys().next()
    if (kept.size > KEPT && !oldest.done) kept.delete(oldest.value)
    event.catch(() => kept.delete(position))
    return event
  }
}
