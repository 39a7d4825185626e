import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import { compileQuery, type Params, type Queries, type Query, type SqlValue, sqliteDialect } from './query.ts'
import type { Schema } from './schema.ts'

/** Compiles, and never runs, what Kysely builds. */
export const sqliteBuilder = new Kysely<Schema>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
})

type Prepared = { bind: (params: Params) => SqlValue[]; statement: StatementSync; columns: string[] }

/** Runs queries on one connection; each is prepared the first time. */
export function queriesOf(connection: DatabaseSync): Queries {
  const prepared = new Map<Query<never, unknown>, Prepared>()
  const prepare = (query: Query<never, unknown>): Prepared => {
    const found = prepared.get(query)
    if (found) return found
    const { sql, bind } = compileQuery(sqliteBuilder, sqliteDialect, query)
    const statement = connection.prepare(sql)
    statement.setReturnArrays(true)
    const columns = statement.columns().map((column) => column.name)
    const made = { bind, statement, columns }
    prepared.set(query, made)
    return made
  }
  const all = <P, R>(query: Query<P, R>, params: P): R[] => {
    const { bind, statement, columns } = prepare(query as Query<never, unknown>)
    const rows = statement.all(...bind(params as Params)) as unknown as SqlValue[][]
    return rows.map((row) => rowOf(columns, row) as R)
  }
  return {
    all: async (query, params) => all(query, params),
    first: async (query, params) => all(query, params)[0],
    run: async (query, params) => {
      const { bind, statement } = prepare(query as Query<never, unknown>)
      return Number(statement.run(...bind(params as Params)).changes)
    },
  }
}

/** Rows get an ordinary prototype, as the PostgreSQL driver gives them; the one of node:sqlite's objects is null. */
function rowOf(columns: readonly string[], values: readonly SqlValue[]): Record<string, SqlValue> {
  const row: Record<string, SqlValue> = {}
  for (let at = 0; at < columns.length; at++) row[columns[at] as string] = values[at] as SqlValue
  return row
}
