import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { SqliteAdapter, SqliteQueryCompiler } from 'kysely'
import { createQueryBuilder } from './query-builder.ts'
import { compileQuery, type Params, type Query, type SqlValue, sqliteDialect } from './query.ts'
import type { QueriesOfWriter } from './write-connection.ts'

export const sqliteBuilder = createQueryBuilder(new SqliteQueryCompiler(), new SqliteAdapter())

type Prepared = {
  bind: (params: Params) => SqlValue[]
  statement: StatementSync
  columns: string[]
  reads: boolean
}

/**
 * Runs queries on one connection, and prepares each at its first use. `writes`: the number of statements run
 * so far that may have written. Such statements are allowed only in a transaction.
 */
export function queriesOf(connection: DatabaseSync): Required<QueriesOfWriter> {
  let writes = 0
  const noteWrite = () => {
    if (!connection.isTransaction) throw new Error('a query that writes was run outside of a transaction')
    writes++
  }
  const prepared = new Map<Query<never, unknown>, Prepared>()
  const prepare = (query: Query<never, unknown>): Prepared => {
    const found = prepared.get(query)
    if (found) return found
    const { sql, reads, bind } = compileQuery(sqliteBuilder, sqliteDialect, query)
    const statement = connection.prepare(sql)
    statement.setReturnArrays(true)
    const columns = statement.columns().map((column) => column.name)
    const made = { bind, statement, columns, reads }
    prepared.set(query, made)
    return made
  }
  const all = <P, R>(query: Query<P, R>, params: P): R[] => {
    const { bind, statement, columns, reads } = prepare(query as Query<never, unknown>)
    if (!reads) noteWrite()
    if (query.key !== undefined) {
      const { lastInsertRowid } = statement.run(...bind(params as Params))
      return [{ [query.key]: Number(lastInsertRowid) } as R]
    }
    const rows = statement.all(...bind(params as Params)) as unknown as SqlValue[][]
    return rows.map((row) => rowOf(columns, row) as R)
  }
  return {
    writes: () => writes,
    write: (query, params, onRows) => onRows(all(query, params)),
    all: async (query, params) => all(query, params),
    first: async (query, params) => all(query, params)[0],
    run: async (query, params) => {
      const { bind, statement, reads } = prepare(query as Query<never, unknown>)
      if (!reads) noteWrite()
      return Number(statement.run(...bind(params as Params)).changes)
    },
  }
}

/** Gives rows an ordinary prototype, as the PostgreSQL driver does. Rows of node:sqlite have a null prototype. */
function rowOf(columns: readonly string[], values: readonly SqlValue[]): Record<string, SqlValue> {
  const row: Record<string, SqlValue> = {}
  for (let at = 0; at < columns.length; at++) row[columns[at] as string] = values[at] as SqlValue
  return row
}
