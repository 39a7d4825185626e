import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { DAY_MS, startSweeper } from '../../lib/sweeper.ts'
import type { Database } from '../../storage/database.ts'
import { deleteOldTransactions } from './device-messages-store.ts'

/** How long a repeated `sendToDevice` is recognised. */
export const TRANSACTION_LIFE_MS = DAY_MS
const EVERY_MS = 3_600_000
const BATCH_SIZE = 500

/** Deletes old transaction ids at the start and then once an hour, until it is disposed of. */
export function startTransactionSweeper(deps: { db: Database; clock: Clock; log: Log }): AsyncDisposable {
  return startSweeper(deps, {
    of: 'transaction ids of to-device messages',
    everyMs: EVERY_MS,
    atOnce: BATCH_SIZE,
    sweep: () => {
      const before = deps.clock.now() - TRANSACTION_LIFE_MS
      return deps.db.transaction((tx) => tx.run(deleteOldTransactions, { before, limit: BATCH_SIZE }))
    },
  })
}
