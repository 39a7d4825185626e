import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { memoised } from '../lib/memoised.ts'
import type { Metrics } from '../lib/metrics.ts'
import { oncePer } from '../lib/once-per.ts'
import type { Report, Step } from './step.ts'

/** An operator's mistake is told of so often, each. */
const TOLD_EVERY_MS = 10 * 60_000

/** Writes each step into log and metrics, under our names and Sygnal's. */
export function createGatewayEvents(deps: { log: Log; metrics: Metrics; clock: Clock }): Report {
  const { log, metrics } = deps
  const outcomes = metrics.counter('belfry_gateway_outcomes_total', 'Notifications by what became of them', [
    'app',
    'outcome',
  ])
  const limited = metrics.counter(
    'sygnal_inflight_request_limit_drop',
    'Notifications that found no place at their app; here they are queued, not dropped',
    ['pushkin'],
  )
  const counterOf = memoised((app) => memoised((outcome) => outcomes.labels(app, outcome)))
  const isNews = oncePer(TOLD_EVERY_MS, deps.clock)
  // Where no provider was asked, a stranger may cause any number of them.
  const isTold = (step: Step) =>
    step.status !== undefined || isNews(`${step.app ?? ''} ${step.outcome} ${step.reason}`)
  return (step) => {
    // An app id that is not configured is anybody's word, and no label.
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
    return 'a notification goes nowhere: the configuration names no app for it, or several'
  return nextAttemptAt === undefined
    ? 'a notification was dropped: the configuration does not let it be sent'
    : 'a notification waits for the configuration to be mended'
}

/** Those of strangers may be as long as a body. */
const soundId = (id: string | undefined) => (id !== undefined && id.length > 255 ? 'too long' : id)

function fieldsOf(step: Step) {
  const { app, pushkeyHash, eventId, roomId, outcome, reason, status, providerId, attempt, ms } = step
  const ids = { event_id: soundId(eventId), room_id: soundId(roomId) }
  const fields = { app_id: app, device: pushkeyHash, ...ids, outcome, reason }
  return { ...fields, status, provider_id: providerId, attempt, ms, next_attempt_at: step.nextAttemptAt }
}

const shownAppId = ({ app, appId }: Step) => app ?? appId.slice(0, 64)
