import { createCircuits } from '../../sending/circuits.ts'
import { startEngine } from '../../sending/engine.ts'
import type { MailDeliveryDeps } from './deps.ts'
import { MAIL_LEASE_MS } from '../lease-times.ts'
import { createMailPort } from './mail-port.ts'
import { ripePushers } from './mail-store.ts'

// Mail waits for minutes, so nothing wakes its lanes. Every few seconds the engine looks for lanes with an
// event that is old enough. A lane that is not due waits until its `next_attempt_at`.
//
// If the process dies between an attempt and its commit, the mail is sent again with the same Message-ID.

const LOOK_EVERY_MS = 15_000

/**
 * Starts sending. Disposing waits up to `drainMs` for mails in flight. Remaining items are sent after the
 * next start.
 */
export function startMailDelivery(deps: MailDeliveryDeps): Promise<AsyncDisposable> {
  const { concurrency, delayMs, drainMs, share } = deps
  const circuits = createCircuits({ ...deps, limit: concurrency, soleLineHasAll: true })
  return startEngine(
    { ...deps, circuits },
    {
      kind: 'mail',
      leaseMs: MAIL_LEASE_MS,
      drainMs,
      share,
      cutOff: deps.endSending,
      sweepEveryMs: Math.min(LOOK_EVERY_MS, delayMs),
      async findLanes(q, page) {
        const ripe = { ...page, before: page.now - delayMs, beyond: page.now + delayMs }
        return (await q.all(ripePushers, ripe)).map((row) => row.pusher_id)
      },
      isDurable: ({ kind }) => kind === 'delivered' || kind === 'refused',
    },
    createMailPort(deps),
  )
}
