import type { Database } from './database.ts'
import { type Queries, query } from './query.ts'

/**
 * Takes the next `count` positions of the server's stream and returns the first of them. On PostgreSQL the row stays locked
 * until the commit, so positions become visible in their order: a reader that sees n sees all positions below it.
 */
export async function nextPosition(tx: Queries, count = 1): Promise<number> {
  const row = await tx.first(advance, { count })
  if (!row) throw new Error('the stream has no position')
  return row.position - count + 1
}

/** The last committed position; inside a transaction, the last position taken. */
export async function currentPosition(read: Queries): Promise<number> {
  return (await read.first(current, {}))?.position ?? 0
}

/**
 * Resolves when the database accepts writes; rejects when it does not. It takes a position, which is never used: the write must
 * change something, or SQLite would not write at all.
 */
export async function checkWritable(db: Pick<Database, 'transaction'>): Promise<void> {
  await db.transaction((tx) => nextPosition(tx), { durably: false })
}

export const advance = query<{ count: number }>()((db, p, d) =>
  db
    .updateTable('stream')
    .set((eb) => ({ position: eb('position', '+', d.integer(p.count)) }))
    .where('id', '=', 1)
    .returning('position'),
)

export const current = query()((db) => db.selectFrom('stream').select('position').where('id', '=', 1))
