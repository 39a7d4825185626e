import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { createTokenBuckets } from './token-buckets.ts'

/**
 * What happens in the business of the server: one function for each event, which writes its metric and its log line. No
 * pushkey, token, body or address passes through here, and none of them throws.
 */
export type Events = {
  /** A gateway took a poke. `ms`: how long that took. */
  pokeSent(poke: { kind: PokeKind; pusherId: number; ms: number }): void
  /** Pokes, one if not told otherwise, were not needed any more. */
  pokeSkipped(poke: { pusherId: number; reason: string; count?: number }): void
  /** A poke waits for its event to be read elsewhere. `until`: at the latest, milliseconds since the Unix epoch. */
  pokeHeld(poke: { pusherId: number; until: number }): void
  /** A gateway will never take this poke, so nobody is told of it. `error`: one of a fixed set of words. */
  pokeDropped(poke: { kind: PokeKind; pusherId: number; error: string }): void
  /** A poke failed and will be tried again. `error`: one of a fixed set of words. */
  pusherFailing(failure: { pusherId: number; error: string; attempts: number; nextAttemptAt: number }): void
  /** So many pokes in a row have failed that a gateway is left alone; now and then one is tried. */
  gatewayDown(gateway: { error: string }): void
  /** It answers again. `held`: pushers that have waited for it. */
  gatewayBack(gateway: { held: number }): void
  /** A gateway wants to hear no more of a pushkey; its pusher is gone. */
  pusherRejected(pusher: { pusherId: number }): void
  /** A push service of browsers refuses this server's VAPID token: the operator's to mend. `reason`: one of a fixed set of words. */
  vapidRefused(refusal: { reason: string; status: number | undefined }): void
}

/** `activation`: the token for a pusher that is to be confirmed. */
export type PokeKind = 'event' | 'badge' | 'activation'

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** A gateway that dies fails for all its pushers at once: so many lines of it are enough, and one more now and then. */
const FAILURES_LOGGED = { perSecond: 1 / 10, burst: 20 }
/** It lasts until somebody mends it, and fails for every pusher: each reason is one line in ten minutes. */
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
      // A gateway may answer with any status there is.
      failed.inc({ error: error.replace(/^(status \d)\d\d$/, '$1xx') })
      const fields = { pusher_id: pusherId, error, attempts, next_attempt_at: nextAttemptAt }
      // The first failure is news; that it goes on is what the metric and the pusher's status are for.
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
    sent: metrics.counter('belfry_pokes_sent_total', 'Pokes that a gateway took', ['kind']),
    took: metrics.histogram('belfry_poke_seconds', 'How long a gateway takes for a poke', {
      buckets: SECONDS,
    }),
    skipped: metrics.counter('belfry_pokes_skipped_total', 'Pokes no longer needed', ['reason']),
    held: metrics.counter('belfry_pokes_held_total', 'Pokes held while their user was active elsewhere'),
    failed: metrics.counter('belfry_poke_failures_total', 'Attempts that failed', ['error']),
    dropped: metrics.counter('belfry_pokes_dropped_total', 'Pokes refused for good', ['kind']),
    outages: metrics.counter('belfry_gateway_outages_total', 'Gateways left alone after failures in a row'),
    rejected: metrics.counter('belfry_pushers_rejected_total', 'Pushers removed on request of a gateway'),
    refusals: metrics.counter(
      'belfry_web_push_token_refusals_total',
      "Answers of push services that refuse this server's VAPID token",
      ['reason'],
    ),
  }
}
