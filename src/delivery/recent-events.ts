import { BoundedMap } from '../lib/bounded-map.ts'
import type { PokedEvent } from './poked-event.ts'

/** The maximum number of events that wait for delivery here. An event has at most 64 KiB. */
const LIMIT = 256

export type RecentEvents = {
  /** Call it when the event is committed. */
  add(poked: PokedEvent): void
  /** Takes the event out; undefined: it must be loaded. */
  take(position: number): PokedEvent | undefined
}

/**
 * The events that this process has just stored, already prepared for delivery, which then does not have to
 * read them again. Not a store: an event that is not here is loaded.
 */
export function createRecentEvents(): RecentEvents {
  const events = new BoundedMap<number, PokedEvent>({ limit: LIMIT })
  return {
    add: (poked) => events.set(poked.position, poked),
    take(position) {
      const found = events.peek(position)
      events.delete(position)
      return found
    },
  }
}
