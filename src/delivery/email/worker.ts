import { createTurns } from '../../lib/turns.ts'
import type { MailDeliveryDeps } from './deps.ts'
import { ripePushers } from './mail-store.ts'
import { createMailVisit } from './visit.ts'

// Sends mail for what is in the outbox of e-mail pushers. Nobody wakes it: mail waits for minutes, so it looks every few seconds
// which pushers have an event that is old enough, and works for each of them:
//
//   ripe ──lease──▶ looking ──nothing left, or not due yet──▶ resting, until the time that is known then
//                      └──due──▶ sending ──▶ recording ──▶ resting; after a failure, for as long as its back-off says
//
// All that must not be lost is in the database: the outbox, the throttles, the failures, the leases. What rests is in memory, so a
// start costs one look at each pusher with something in its outbox. Between `sending` and the commit of `recording` the mail
// server may have taken a mail that nobody knows of; it is sent once more then, with the same Message-ID.

const LOOK_EVERY_MS = 15_000
const PAGE = 500

/** Starts sending. Disposing lets mails that are in flight finish, for `drainMs` at most; what is left is sent after the next start. */
export function startMailDelivery(deps: MailDeliveryDeps): AsyncDisposable {
  const stop = new AbortController()
  const running = lookUntil(stop.signal, deps)
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      const enough = new AbortController()
      const drained = running.then(() => enough.abort())
      await Promise.race([drained, deps.clock.sleep(deps.drainMs ?? 8000, enough.signal)])
      await deps.endSending()
      await running
    },
  }
}

async function lookUntil(stop: AbortSignal, deps: MailDeliveryDeps): Promise<void> {
  const { clock, log } = deps
  const visit = createMailVisit(deps, deps.random.token(12))
  const inTurn = createTurns({
    atOnce: deps.concurrency,
    waiting: PAGE,
    onFull: () => new Error('too many at once'),
  })
  const isStopping = () => stop.aborted
  /** When to look at a pusher again, of those that have something in their outbox. */
  const restsUntil = new Map<number, number>()

  async function workFor(pusherId: number): Promise<void> {
    if (isStopping()) return
    try {
      const again = await visit(pusherId)
      if (again > clock.now()) restsUntil.set(pusherId, again)
    } catch (error) {
      // The lease runs out by itself.
      log.error({ err: error, pusher_id: pusherId }, 'mail delivery failed')
    }
  }

  async function look(): Promise<void> {
    const now = clock.now()
    for (const [pusherId, until] of restsUntil)
      if (until <= now || until > now + 2 * deps.delayMs) restsUntil.delete(pusherId)
    for (let after = 0; ;) {
      const page = await deps.db.all(ripePushers, { after, limit: PAGE, now, ...ripeAt(now, deps.delayMs) })
      const ids = page.map((row) => row.pusher_id)
      await Promise.all(ids.filter((id) => !restsUntil.has(id)).map((id) => inTurn(() => workFor(id))))
      after = ids.at(-1) ?? after
      if (ids.length < PAGE || stop.aborted) return
    }
  }

  while (!stop.aborted) {
    try {
      await look()
    } catch (error) {
      log.error({ err: error }, 'looking for mail to send failed')
    }
    await clock.sleep(Math.min(LOOK_EVERY_MS, deps.delayMs), stop)
  }
}

const ripeAt = (now: number, delayMs: number) => ({ before: now - delayMs, beyond: now + delayMs })
