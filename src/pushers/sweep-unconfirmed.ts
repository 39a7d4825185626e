import { ACK_TOKEN_SECONDS } from '../delivery/poke.ts'
import type { Log } from '../lib/log.ts'
import { startSweeper, sweepAll } from '../lib/sweeper.ts'
import type { Database, Transaction } from '../storage/database.ts'
import { unconfirmedPushers } from './pusher-store.ts'
import { type PusherRemovalDeps, removePushers } from './remove-pushers.ts'

const HOUR_MS = 3_600_000
const EVERY_MS = HOUR_MS
const BATCH_SIZE = 100

export type UnconfirmedDeps = PusherRemovalDeps & { db: Database }

/**
 * Removes enabled pushers of kind `webpush` that were not confirmed within `hours` after they were set
 * (MSC4174). Nothing is sent to them, and their app can set its pusher again. Resolves to their number.
 */
export function sweepUnconfirmed(deps: UnconfirmedDeps, hours: number): Promise<number> {
  return sweepAll({ atOnce: BATCH_SIZE, sweep: () => sweepSome(deps, hours) })
}

/** Sweeps at the start and once an hour, until it is disposed of. */
export function startUnconfirmedSweeper(
  deps: UnconfirmedDeps & { log: Log },
  hours: number,
): AsyncDisposable {
  return startSweeper(deps, {
    of: 'unconfirmed pushers',
    everyMs: EVERY_MS,
    atOnce: BATCH_SIZE,
    sweep: () => sweepSome(deps, hours),
  })
}

async function sweepSome(deps: UnconfirmedDeps, hours: number): Promise<number> {
  // Each set creates a new token, so the expiry of the token gives the time of the last set.
  const page = { before: deps.clock.now() - hours * HOUR_MS + ACK_TOKEN_SECONDS * 1000, limit: BATCH_SIZE }
  // Read outside the transaction first: there is rarely a pusher to remove, and the read must not block writers.
  if ((await deps.db.all(unconfirmedPushers, page)).length === 0) return 0
  const remove = async (tx: Transaction) => {
    const found = await tx.all(unconfirmedPushers, page)
    await removePushers(deps, tx, { pushers: found, reason: 'not confirmed' })
    return found.length
  }
  return deps.db.transaction(remove, { inOwnGroup: true })
}
