import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import { DAY_MS, startSweeper } from '../../../lib/sweeper.ts'
import type { Database } from '../../../storage/database.ts'
import { deleteUnusedConnections } from './connections-store.ts'

/**
 * How long a connection is kept that its client does not use. After that the client starts a new one, which
 * sends its rooms again.
 */
const LIFE_MS = 14 * DAY_MS
const EVERY_MS = 3_600_000
const BATCH_SIZE = 200

/** Deletes unused connections at the start and then once an hour, until it is disposed of. */
export function startConnectionSweeper(deps: { db: Database; clock: Clock; log: Log }): AsyncDisposable {
  return startSweeper(deps, {
    of: 'unused connections of sliding sync',
    everyMs: EVERY_MS,
    atOnce: BATCH_SIZE,
    sweep: () => {
      const before = deps.clock.now() - LIFE_MS
      return deps.db.transaction((tx) => tx.run(deleteUnusedConnections, { before, limit: BATCH_SIZE }))
    },
  })
}
