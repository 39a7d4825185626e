import type { NotificationDeps } from './deps.ts'
import type { NotifiableEvent } from './event.ts'

/** Rules could not be evaluated: the event goes its way and notifies nobody by them. */
export function ruleEvaluationFailed(deps: NotificationDeps, event: NotifiableEvent, error: unknown): void {
  deps.ruleFaults?.inc()
  deps.log.error(
    { err: error, room_id: event.roomId, event_id: event.eventId },
    'push rules could not be evaluated; the event was stored without this notification',
  )
}

/** Runs what is pure. Errors of the database are not caught: they end the transaction. */
export function guarded<T>(deps: NotificationDeps, event: NotifiableEvent, work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    ruleEvaluationFailed(deps, event, error)
    return undefined
  }
}
