import type { Database } from '../../src/storage/database.ts'

/** The number of openings of each PostgreSQL database that a test opens with `openTestPostgres`. */
export const WRITERS = Number(process.env['TEST_WRITERS'] ?? 1)

/** For tests of what one process does with the transactions of one moment: false, or the reason to skip them. */
export const ofOneWriter = WRITERS > 1 && 'is about one process'

/**
 * One database for a test, whose transactions and reads go to the next of several openings in turn: as
 * requests of a client go to the next process behind a load balancer. The order of transactions that a test
 * does not await is then that of their locks.
 */
export function inTurn(openings: readonly Database[]): Database {
  const [first] = openings
  if (first === undefined) throw new Error('no opening')
  let uses = 0
  const next = () => openings[uses++ % openings.length] ?? first
  return {
    dialect: first.dialect,
    isServedAlone: first.isServedAlone,
    shards: first.shards,
    processId: first.processId,
    all: (query, params) => next().all(query, params),
    first: (query, params) => next().first(query, params),
    run: (query, params) => next().run(query, params),
    transaction: (work, options) => next().transaction(work, options),
    snapshot: (work, options) => next().snapshot(work, options),
    check: () => next().check(),
    async [Symbol.asyncDispose]() {
      await Promise.all(openings.map((one) => one[Symbol.asyncDispose]()))
    },
  }
}
