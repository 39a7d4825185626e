import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

/**
 * The business events of mail, like `events.ts` for pokes: a metric and a log line each, without addresses and texts.
 */
export type MailEvents = {
  /** The mail server accepted a mail. `ms`: the duration. */
  mailSent(mail: { kind: MailKind; pusherId?: number; ms: number }): void
  /** The attempt failed and may be retried. `error`: one of a fixed set of words. */
  mailFailed(failure: { kind: MailKind; pusherId?: number; error: string; attempts?: number }): void
  /** The mail server refused the mail permanently. */
  mailRefused(failure: { kind: MailKind; pusherId?: number; error: string }): void
  /** Events no longer needed a mail. */
  mailSkipped(events: { pusherId: number; reason: string; count: number }): void
}

export type MailKind = 'notification' | 'token' | 'test'

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export function createMailEvents({ log, metrics }: { log: Log; metrics: Metrics }): MailEvents {
  const sent = metrics.counter('belfry_mails_sent_total', 'Mails that the mail server accepted', ['kind'])
  const took = metrics.histogram('belfry_mail_seconds', 'Duration of sending a mail to the mail server', {
    buckets: SECONDS,
  })
  const failed = metrics.counter('belfry_mail_failures_total', 'Attempts to send a mail that failed', [
    'error',
  ])
  const refused = metrics.counter(
    'belfry_mails_refused_total',
    'Mails that the mail server refused permanently',
    ['kind'],
  )
  const skipped = metrics.counter('belfry_mail_events_skipped_total', 'Events that no longer needed a mail', [
    'reason',
  ])
  return {
    mailSent({ kind, pusherId, ms }) {
      sent.inc({ kind })
      took.observe(ms / 1000)
      log.debug({ kind, pusher_id: pusherId, ms }, 'mail sent')
    },
    mailFailed({ kind, pusherId, error, attempts = 1 }) {
      failed.inc({ error: error.replace(/^(smtp \d)\d\d$/, '$1xx') })
      const fields = { kind, pusher_id: pusherId, error, attempts }
      // Later failures are visible in the metric and in the status of the pusher.
      if (attempts === 1) log.warn(fields, 'mail not sent')
      else log.debug(fields, 'mail still not sent')
    },
    mailRefused({ kind, pusherId, error }) {
      refused.inc({ kind })
      log.warn({ kind, pusher_id: pusherId, error }, 'mail refused')
    },
    mailSkipped({ pusherId, reason, count }) {
      skipped.inc({ reason }, count)
      log.debug({ pusher_id: pusherId, reason, count }, 'no mail needed')
    },
  }
}
