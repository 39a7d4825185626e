import { type EventFilter, matchesEvent } from '../sync/filter.ts'

/** True when no presence can pass the filter. */
export function excludesPresence(filter: EventFilter): boolean {
  return (
    filter.limit === 0 ||
    filter.senders?.size === 0 ||
    !matchesEvent(filter, { type: 'm.presence', content: {} })
  )
}
