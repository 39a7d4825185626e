import type { Event } from '../lib/matrix-event.ts'
import type { NotificationDeps } from './deps.ts'

type NamedEvent = Pick<Event, 'roomId' | 'eventId'>

/** Rules could not be evaluated: the event goes its way and notifies nobody by them. */
export function ruleEvaluationFailed(deps: NotificationDeps, event: NamedEvent, error: unknown): void {
  deps.ruleFaults?.inc()
  deps.log.error(
    { err: error, room_id: event.roomId, event_id: event.eventId },
    'push rules could not be evaluated; the event was stored without this notification',
  )
}

/** Some members' own rules were not evaluated, since they cost what one event may: see push-rules/README.md, "Bounds". */
export function rulesCut(deps: NotificationDeps, event: NamedEvent, evaluations: number): void {
  deps.ruleCuts?.inc(evaluations)
  deps.log.warn(
    { room_id: event.roomId, event_id: event.eventId, evaluations },
    'push rules cost more than an event may; some rules that members wrote were not evaluated for it',
  )
}

/** Runs what is pure. Errors of the database are not caught: they end the transaction. */
export function guarded<T>(deps: NotificationDeps, event: NamedEvent, work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    ruleEvaluationFailed(deps, event, error)
    return undefined
  }
}
