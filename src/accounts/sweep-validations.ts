import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { startSweeper } from '../lib/sweeper.ts'
import type { Database } from '../storage/database.ts'
import { TOKEN_LIFE_MS, VALIDATED_LIFE_MS } from './email-validation.ts'
import { deleteOldValidations } from './threepids-store.ts'

const EVERY_MS = 3_600_000
const BATCH_SIZE = 500

/** Deletes ended validations at the start and then once an hour, until it is disposed of. */
export function startValidationSweeper(deps: { db: Database; clock: Clock; log: Log }): AsyncDisposable {
  return startSweeper(deps, {
    of: 'validations of addresses',
    everyMs: EVERY_MS,
    atOnce: BATCH_SIZE,
    sweep: () => {
      const before = deps.clock.now() - TOKEN_LIFE_MS - VALIDATED_LIFE_MS
      return deps.db.transaction((tx) => tx.run(deleteOldValidations, { before, limit: BATCH_SIZE }))
    },
  })
}
