import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { createTokenBuckets } from './token-buckets.ts'

/**
 * The business events of the server: one function for each event, which updates its metric and writes its log line.
 * They receive no pushkey, token, body or address, and they never throw.
 */
export type Events = {
  /** A gateway accepted a poke. `ms`: the duration of the request. */
  pokeSent(poke: { kind: PokeKind; pusherId: number; ms: number }): void
  /** Pokes (by default 1) were no longer needed. */
  pokeSkipped(poke: { pusherId: number; reason: string; count?: number }): void
  /**
   * A poke is held because its event may be read on another device. `until`: the end of the hold, milliseconds since
   * the Unix epoch.
   */
  pokeHeld(poke: { pusherId: number; until: number }): void
  /** A gateway refused a poke permanently, and it is dropped. `error`: one of a fixed set of words. */
  pokeDropped(poke: { kind: PokeKind; pusherId: number; error: string }): void
  /** A poke failed and will be retried. `error`: one of a fixed set of words. */
  pusherFailing(failure: { pusherId: number; error: string; attempts: number; nextAttemptAt: number }): void
  /** The circuit breaker of a gateway opened after failures in a row. Only probes are sent now. */
  gatewayDown(gateway: { error: string }): void
  /** The gateway responds again. `held`: the number of pushers that waited for it. */
  gatewayBack(gateway: { held: number }): void
  /** A gateway rejected a pushkey, and its pusher was removed. */
  pusherRejected(pusher: { pusherId: number }): void
  /**
   * A push service of browsers refuses this server's VAPID token. The operator must correct this. `reason`: one of a
   * fixed set of words.
   */
  vapidRefused(refusal: { reason: string; status: number | undefined }): void
}

/** `activation`: the token for a pusher that must be confirmed. */
export type PokeKind = 'event' | 'badge' | 'activation'

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/**
 * When a gateway stops working, all its pushers fail at the same time. The log gets this number of lines, then one
 * every 10 s.
 */
const FAILURES_LOGGED = { perSecond: 1 / 10, burst: 20 }
/**
 * It persists until the operator acts, and fails for every pusher. The log gets one line for each reason every ten
 * minutes.
 */
const REFUSALS_LOGGED = { perSecond: 1 / 600, burst: 1 }

export function createEvents(deps: { log: Log; metrics: Metrics; clock: Clock }): Events {
  const { log, metrics, clock } = deps
  const failuresLogged = createTokenBuckets({ rate: FAILURES_LOGGED, clock })
  const refusalsLogged = createTokenBuckets({ rate: REFUSALS_LOGGED, clock })
  const { sent, took, skipped, held, failed, dropped, outages, rejected, refusals } = eventMetrics(metrics)
  return {
    pokeSent({ kind, pusherId, ms }) {
      sent.inc({ kind })
      took.observe(ms / 1000)
      log.debug({ pusher_id: pusherId, kind, ms }, 'poke sent')
    },
    pokeSkipped({ pusherId, reason, count = 1 }) {
      skipped.inc({ reason }, count)
      log.debug({ pusher_id: pusherId, reason, count }, 'poke skipped')
    },
    pokeHeld({ pusherId, until }) {
      held.inc()
      log.debug({ pusher_id: pusherId, held_until: until }, 'poke held')
    },
    pokeDropped({ kind, pusherId, error }) {
      dropped.inc({ kind })
      log.warn({ pusher_id: pusherId, kind, error }, 'poke dropped')
    },
    pusherFailing({ pusherId, error, attempts, nextAttemptAt }) {
      // A gateway may respond with any status.
      failed.inc({ error: error.replace(/^(status \d)\d\d$/, '$1xx') })
      const fields = { pusher_id: pusherId, error, attempts, next_attempt_at: nextAttemptAt }
      // Only the first failure is logged as a warning. Later ones are visible in the metric and in the status of the
      // pusher.
      if (attempts > 1) log.debug(fields, 'pusher still failing')
      else if (failuresLogged.take(error) === 0) log.warn(fields, 'pusher failing')
      else log.debug(fields, 'pusher failing')
    },
    gatewayDown({ error }) {
      outages.inc()
      log.warn({ error }, 'gateway down')
    },
    gatewayBack({ held }) {
      log.info({ held }, 'gateway back')
    },
    pusherRejected({ pusherId }) {
      rejected.inc()
      log.info({ pusher_id: pusherId }, 'pusher rejected by its gateway and removed')
    },
    vapidRefused({ reason, status }) {
      refusals.inc({ reason })
      if (refusalsLogged.take(reason) > 0) return
      log.error(
        { reason, status },
        "a push service refuses this server's VAPID token; pushers of kind webpush wait: check the system's clock and push.contact",
      )
    },
  }
}

function eventMetrics(metrics: Metrics) {
  return {
    sent: metrics.counter('belfry_pokes_sent_total', 'Pokes that a gateway accepted', ['kind']),
    took: metrics.histogram('belfry_poke_seconds', 'Duration of a poke request to a gateway', {
      buckets: SECONDS,
    }),
    skipped: metrics.counter('belfry_pokes_skipped_total', 'Pokes no longer needed', ['reason']),
    held: metrics.counter('belfry_pokes_held_total', 'Pokes held while their user was active elsewhere'),
    failed: metrics.counter('belfry_poke_failures_total', 'Attempts that failed', ['error']),
    dropped: metrics.counter('belfry_pokes_dropped_total', 'Pokes that a gateway refused permanently', [
      'kind',
    ]),
    outages: metrics.counter(
      'belfry_gateway_outages_total',
      'Circuit breakers of gateways opened after failures in a row',
    ),
    rejected: metrics.counter(
      'belfry_pushers_rejected_total',
      'Pushers removed because a gateway rejected them',
    ),
    refusals: metrics.counter(
      'belfry_web_push_token_refusals_total',
      "Responses of push services that refuse this server's VAPID token",
      ['reason'],
    ),
  }
}
