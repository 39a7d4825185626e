import { createBatcher } from '../lib/batcher.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { Queries } from '../storage/query.ts'
import type { LoadPokedEvents, PokedEvent } from './poked-event.ts'
import type { RecentEvents } from './recent-events.ts'

/** The most cached events. A message for many pushers is loaded once. An event has at most 64 KiB. */
const KEPT = 256

/**
 * Caches events by position, as first loaded, or as this process has stored them (`recent`). It does not show
 * later redactions.
 */
export function createEventCache(load: LoadPokedEvents, q: Queries, recent?: RecentEvents) {
  const kept = new BoundedMap<number, Promise<PokedEvent | undefined>>({ limit: KEPT })
  const loadOne = createBatcher<number, PokedEvent | undefined>(async (positions) => {
    const found = await load(q, positions)
    return positions.map((position) => found.get(position))
  })
  const takeOrLoad = (position: number) => {
    const taken = recent?.take(position)
    if (taken !== undefined) return Promise.resolve(taken)
    const event = loadOne(position)
    event.catch(() => kept.delete(position))
    return event
  }
  return (position: number): Promise<PokedEvent | undefined> => kept.getOrInsertComputed(position, takeOrLoad)
}
