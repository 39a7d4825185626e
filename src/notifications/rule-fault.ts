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
