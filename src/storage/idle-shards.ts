import { type RawBuilder, sql } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { startSweeper } from '../lib/sweeper.ts'
import type { Database } from './database.ts'
import { query } from './query.ts'

const EVERY_MS = 1000

/**
 * Advances idle shards once a second, until it is disposed of. Readers begin at the position of the slowest
 * shard, so a shard without changes would make their ranges long, and would hide that nothing is new
 * (`coversUpTo`). SQLite has one shard.
 */
export function startIdleShardSweeper(
  deps: Readonly<{ db: Database; clock: Clock; log: Log }>,
): AsyncDisposable[] {
  if (deps.db.dialect === 'sqlite') return []
  return [
    startSweeper(deps, {
      of: 'idle shards of the stream',
      everyMs: EVERY_MS,
      atOnce: Infinity,
      isRoutine: true,
      sweep: () => advanceIdleShards(deps.db),
    }),
  ]
}

/** Resolves to the number of advanced shards. Reads one row when nothing moved. */
export async function advanceIdleShards(db: Database): Promise<number> {
  const { shards } = db
  if (shards === 1 || (await db.first(idleShards, { shards })) === undefined) return 0
  return db.transaction(
    async (tx) => {
      const rows = await tx.all(lockIdleShards, { shards })
      // A second statement, because the sequence must be read while the rows are locked: later positions of
      // these shards are higher.
      return rows.length === 0 ? 0 : tx.run(advanceShards, { shards, ids: rows.map((row) => row.id) })
    },
    { durably: false },
  )
}

/** The last value that the sequence has given. Before the first one, PostgreSQL shows that one. */
const LAST = sql`(select case when is_called then last_value else last_value - 1 end from stream_positions)`

/**
 * A shard is advanced even if it is behind by one value: `coversUpTo` then holds for what all shards have
 * seen, and saves statements.
 */
const isBehind = (shards: RawBuilder<number>) => sql<boolean>`position < ${LAST} * ${shards}`

export const idleShards = query<{ shards: number }>()((db, p, d) =>
  db
    .selectFrom('stream')
    .select('id')
    .where(isBehind(d.integer(p.shards)))
    .limit(sql.lit(1)),
)

/** Without those that a transaction holds: they are not idle. */
export const lockIdleShards = query<{ shards: number }>()((db, p, d) => {
  const idle = db
    .selectFrom('stream')
    .select('id')
    .where(isBehind(d.integer(p.shards)))
    .orderBy('id')
  return d.name === 'sqlite' ? idle : idle.forUpdate().skipLocked()
})

export const advanceShards = query<{ shards: number; ids: readonly number[] }>()((db, p, d) =>
  db
    .updateTable('stream')
    .set({
      position: d.greatest(sql.ref('position'), sql`${LAST} * ${d.integer(p.shards)} + id - 1`),
    })
    .where('id', 'in', d.numbers(p.ids)),
)
