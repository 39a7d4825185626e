import { type QueryCreator, type RawBuilder, sql } from 'kysely'
import type { Database } from './database.ts'
import { type Dialect, type Queries, query } from './query.ts'
import type { Schema } from './schema.ts'
import { START, type StreamPoint } from './stream-point.ts'

/**
 * Takes the next `count` positions of the server's stream and returns the first of them. On PostgreSQL the row stays locked
 * until the commit, so positions become visible in their order: a reader that sees n sees all positions below it.
 */
export async function nextPosition(tx: Queries, count = 1): Promise<number> {
  const row = await tx.first(advance, { count })
  if (!row) throw new Error('the stream has no position')
  return row.position - count + 1
}

/**
 * Locks the stream until the commit, and returns its last position. A transaction that locks rows which are also locked after `nextPosition` begins with it, so that
 * transactions of two processes do not deadlock.
 */
export async function lockStream(tx: Queries): Promise<number> {
  return (await tx.first(locked, {}))?.position ?? 0
}

/** The last committed positions; inside a transaction, those that it sees. In a snapshot, the point of the snapshot. */
export async function currentPoint(read: Queries): Promise<StreamPoint> {
  const rows = await read.all(current, {})
  return rows.length === 0 ? START : rows.map((row) => row.position)
}

/**
 * Resolves when the database accepts writes; rejects when it does not. It takes a position, which is never used: the write must
 * change something, or SQLite would not write at all.
 */
export async function checkWritable(db: Pick<Database, 'transaction'>): Promise<void> {
  await db.transaction((tx) => nextPosition(tx), { durably: false })
}

/**
 * The last position taken, as a column of a query of `stream`. On SQLite a message takes its position with its own row (`takingNext`), and the
 * counter follows later: to update it as well costs more time than to look up the last event.
 */
export const lastPosition = (d: Dialect): RawBuilder<number> =>
  d.name === 'postgres'
    ? sql`position`
    : d.greatest(sql`position`, sql`coalesce((select max(last.position) from events as last), 0)`)

export const advance = query<{ count: number }>()((db, p, d) =>
  db
    .updateTable('stream')
    .set({ position: sql<number>`${lastPosition(d)} + ${d.integer(p.count)}` })
    .where('id', '=', 1)
    .returning('position'),
)

/** SQLite has one shard. */
export const current = query()((db, _, d) => {
  const last = db.selectFrom('stream').select(lastPosition(d).as('position'))
  return d.name === 'sqlite' ? last.where('id', '=', 1) : last.orderBy('id')
})

/** The point of the stream as one text column of a query of `stream`, which has one row for each shard. `pointOfColumn` reads it. */
export const pointColumn = (d: Dialect): RawBuilder<string> =>
  d.name === 'sqlite'
    ? sql`cast(${lastPosition(d)} as text)`
    : sql`coalesce(string_agg(cast(position as text), ',' order by id), '0')`

export const pointOfColumn = (text: string): StreamPoint => text.split(',').map(Number)

/** SQLite has one writer. */
export const locked = query()((db, _, d) => {
  const last = db.selectFrom('stream').select(lastPosition(d).as('position')).where('id', '=', 1)
  return d.name === 'sqlite' ? last : last.forUpdate()
})

/**
 * For an insert into `events` that takes the next position: the builder of the insert, and the position. On PostgreSQL the insert does not see what
 * other processes commit while it waits for the row of `stream`, so it must not read other rows.
 */
export function takingNext(
  db: QueryCreator<Schema>,
  d: Dialect,
): { db: Pick<QueryCreator<Schema>, 'insertInto'>; position: RawBuilder<number> } {
  if (d.name === 'sqlite') return { db, position: sql`(select ${lastPosition(d)} + 1 from stream)` }
  return {
    db: db.with('taken', (cte) =>
      cte
        .updateTable('stream')
        .set((eb) => ({ position: eb('position', '+', sql.lit(1)) }))
        .where('id', '=', 1)
        .returning('position'),
    ) as unknown as QueryCreator<Schema>,
    position: sql`(select taken.position from taken)`,
  }
}
