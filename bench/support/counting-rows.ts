import type { Database, Transaction } from '../../src/storage/database.ts'
import { compileQuery, type Queries, type Query, sqliteDialect } from '../../src/storage/query.ts'
import { sqliteBuilder } from '../../src/storage/sqlite-queries.ts'

/** A database that counts the rows that its transactions insert, change and delete. */
export function countingRows(inner: Database): { db: Database; rows(): number } {
  let rows = 0
  const counting = (queries: Queries): Queries => ({
    async all(query, params) {
      const found = await queries.all(query, params)
      if (isWrite(query)) rows += found.length
      return found
    },
    async first(query, params) {
      const found = await queries.first(query, params)
      if (isWrite(query) && found !== undefined) rows++
      return found
    },
    async run(query, params) {
      const changed = await queries.run(query, params)
      if (isWrite(query)) rows += changed
      return changed
    },
  })
  const countingTransaction = (tx: Transaction): Transaction => ({
    ...counting(tx),
    onCommit: (then) => tx.onCommit(then),
  })
  const db: Database = {
    ...counting(inner),
    dialect: inner.dialect,
    isServedAlone: inner.isServedAlone,
    transaction: (work) => inner.transaction((tx) => work(countingTransaction(tx))),
    check: () => inner.check(),
    snapshot: (work) => inner.snapshot(work),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  }
  return { db, rows: () => rows }
}

function isWrite<P, R>(query: Query<P, R>): boolean {
  return /^\s*(with\b[^]*\)\s*)?(insert|update|delete)\b/i.test(
    compileQuery(sqliteBuilder, sqliteDialect, query).sql,
  )
}
