import { sql } from 'kysely'
import type { Database } from '../../src/storage/database.ts'
import { query, type Queries } from '../../src/storage/query.ts'

const totalChanges = query()((db) => db.selectNoFrom(sql<number>`total_changes()`.as('rows')))

const changesOf = async (q: Queries) => (await q.first(totalChanges, {}))?.rows ?? 0

/** A SQLite database that counts the rows that its transactions insert, change and delete. */
export function countingRows(inner: Database): { db: Database; rows(): number } {
  let rows = 0
  const db: Database = {
    ...inner,
    transaction: (work, options) =>
      inner.transaction(async (tx) => {
        const before = await changesOf(tx)
        const value = await work(tx)
        rows += (await changesOf(tx)) - before
        return value
      }, options),
  }
  return { db, rows: () => rows }
}
