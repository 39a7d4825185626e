import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

/** What happens with mail, as `events.ts` has it for pokes: a metric and a log line each, without addresses and texts. */
export type MailEvents = {
  /** The mail server took a mail. `ms`: how long that took. */
  mailSent(mail: { kind: MailKind; pusherId?: number; ms: number }): void
  /** It did not, and may later. `error`: one of a fixed set of words. */
  mailFailed(failure: { kind: MailKind; pusherId?: number; error: string; attempts?: number }): void
  /** It never will take this mail. */
  mailRefused(failure: { kind: MailKind; pusherId?: number; error: string }): void
  /** Events were not worth a mail any more. */
  mailSkipped(events: { pusherId: number; reason: string; count: number }): void
}

export type MailKind = 'notification' | 'token' | 'test'

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export function createMailEvents({ log, metrics }: { log: Log; metrics: Metrics }): MailEvents {
  const sent = metrics.counter('belfry_mails_sent_total', 'Mails that the mail server took', ['kind'])
  const took = metrics.histogram('belfry_mail_seconds', 'How long the mail server takes for a mail', {
    buckets: SECONDS,
  })
  const failed = metrics.counter('belfry_mail_failures_total', 'Attempts to send a mail that failed', [
    'error',
  ])
  const refused = metrics.counter('belfry_mails_refused_total', 'Mails refused for good', ['kind'])
  const skipped = metrics.counter('belfry_mail_events_skipped_total', 'Events that needed no mail any more', [
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
      // As with pokes, that it goes on is what the metric and the pusher's status are for.
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
