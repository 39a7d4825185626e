import { createCircuits } from '../../sending/circuits.ts'
import { startEngine } from '../../sending/engine.ts'
import type { MailDeliveryDeps } from './deps.ts'
import { createMailPort } from './mail-port.ts'
import { ripePushers } from './mail-store.ts'

// Mail waits for minutes, so nothing wakes its lanes: every few seconds the engine looks for lanes with an event that is old
// enough. A lane that is not due rests until its `next_attempt_at`.
//
// Between an attempt and its commit the process may die. The mail is sent once more then, with the same Message-ID.

const LOOK_EVERY_MS = 15_000
/** Longer than a mail may take, the wait for a connection included. */
const LEASE_MS = 300_000

/** Starts sending. Disposing lets mails that are in flight finish, for `drainMs` at most; what is left is sent after the next start. */
export function startMailDelivery(deps: MailDeliveryDeps): Promise<AsyncDisposable> {
  const { concurrency, delayMs, drainMs } = deps
  const circuits = createCircuits({ ...deps, limit: concurrency, soleLineHasAll: true })
  return startEngine(
    { ...deps, circuits },
    {
      kind: 'mail',
      concurrency,
      leaseMs: LEASE_MS,
      drainMs,
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
