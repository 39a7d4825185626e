import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { memoised } from '../lib/memoised.ts'
import type { Metrics } from '../lib/metrics.ts'
import { oncePer } from '../lib/once-per.ts'
import type { Report, Step } from './step.ts'

/** The minimum time between two log lines about the same configuration error. */
const LOG_EVERY_MS = 10 * 60_000

/** Writes each step to the log and the metrics, under Belfry's and Sygnal's names. */
export function createGatewayEvents(deps: { log: Log; metrics: Metrics; clock: Clock }): Report {
  const { log, metrics } = deps
  const outcomes = metrics.counter('belfry_gateway_outcomes_total', 'Notifications by outcome', [
    'app',
    'outcome',
  ])
  const limited = metrics.counter(
    'sygnal_inflight_request_limit_drop',
    'Notifications that found no free slot of their app; Belfry queues them instead of dropping them',
    ['pushkin'],
  )
  const counterOf = memoised((app) => memoised((outcome) => outcomes.labels(app, outcome)))
  const isNews = oncePer(LOG_EVERY_MS, deps.clock)
  // Without a request to a provider, any caller can cause any number of these steps.
  const isTold = (step: Step) =>
    step.status !== undefined || isNews(`${step.app ?? ''} ${step.outcome} ${step.reason}`)
  return (step) => {
    // The app id of a caller is not safe as a label, so unknown ones share the empty label.
    counterOf(step.app ?? '')(step.outcome).inc()
    if (step.reason === 'line full' && step.app !== undefined) limited.inc({ pushkin: step.app })
    switch (step.outcome) {
      case 'configuration error':
        if (isNews(`${step.app ?? step.appId} ${step.reason}`))
          log.error({ ...fieldsOf(step), app_id: shownAppId(step) }, messageOf(step))
        break
      case 'dropped':
      case 'failed':
        log[isTold(step) ? 'warn' : 'debug'](fieldsOf(step), `notification ${step.outcome}`)
        break
      case 'rejected':
      case 'expired':
        log[isTold(step) ? 'info' : 'debug'](fieldsOf(step), `notification ${step.outcome}`)
        break
      default:
        if (log.isLevelEnabled('debug')) log.debug(fieldsOf(step), `notification ${step.outcome}`)
    }
  }
}

function messageOf({ app, nextAttemptAt }: Step): string {
  if (app === undefined)
    return 'a notification is not sent: its app_id matches no app of the configuration, or several'
  return nextAttemptAt === undefined
    ? 'a notification was dropped: the configuration does not allow its address'
    : 'a notification waits until the configuration is corrected'
}

/** The ids of another server can be very long. */
const soundId = (id: string | undefined) => (id !== undefined && id.length > 255 ? 'too long' : id)

function fieldsOf(step: Step) {
  const { app, pushkeyHash, eventId, roomId, outcome, reason, status, providerId, attempt, ms } = step
  const ids = { event_id: soundId(eventId), room_id: soundId(roomId) }
  const fields = { app_id: app, device: pushkeyHash, ...ids, outcome, reason }
  return { ...fields, status, provider_id: providerId, attempt, ms, next_attempt_at: step.nextAttemptAt }
}

const shownAppId = ({ app, appId }: Step) => app ?? appId.slice(0, 64)
