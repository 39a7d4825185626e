import type { Event } from '../lib/matrix-event.ts'
import type { NotificationDeps } from './deps.ts'

type NamedEvent = Pick<Event, 'roomId' | 'eventId'>

/** Call it when the rules cannot be evaluated. The event is stored, and these rules cause no notification. */
export function ruleEvaluationFailed(deps: NotificationDeps, event: NamedEvent, error: unknown): void {
  deps.ruleFaults?.inc()
  deps.log.error(
    { err: error, room_id: event.roomId, event_id: event.eventId },
    'cannot evaluate push rules; the event was stored without this notification',
  )
}

/**
 * Call it when some members' own rules were not evaluated because they reached the cost limit of one event:
 * see push-rules/README.md, "Bounds".
 */
export function rulesCut(deps: NotificationDeps, event: NamedEvent, evaluations: number): void {
  deps.ruleCuts?.inc(evaluations)
  deps.log.warn(
    { room_id: event.roomId, event_id: event.eventId, evaluations },
    'push rules exceed the cost limit of one event; some rules of members were not evaluated for it',
  )
}

/**
 * Runs pure work and catches its errors. Do not run queries in it: an error of the database must end the
 * transaction.
 */
export function guarded<T>(deps: NotificationDeps, event: NamedEvent, work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    ruleEvaluationFailed(deps, event, error)
    return undefined
  }
}
