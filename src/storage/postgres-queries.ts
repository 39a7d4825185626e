import { PostgresAdapter, PostgresQueryCompiler } from 'kysely'
import { createQueryBuilder } from './query-builder.ts'
import {
  compileQuery,
  type Compiled,
  type Params,
  postgresDialect,
  type Queries,
  type Query,
  type SqlValue,
} from './query.ts'

export const postgresBuilder = createQueryBuilder(new PostgresQueryCompiler(), new PostgresAdapter())

/** A prepared statement with its values. `reads`: false when it may write. */
export type Statement = { name: string; text: string; values: SqlValue[]; reads: boolean }
export type Send = (statement: Statement) => Promise<{ rows: unknown[]; rowCount: number | null }>

const compiled = new WeakMap<Query<never, unknown>, Compiled & { name: string }>()
let names = 0

export function statementOf<P, R>(query: Query<P, R>, params: P): Statement {
  const key = query as Query<never, unknown>
  let found = compiled.get(key)
  if (!found) {
    found = { ...compileQuery(postgresBuilder, postgresDialect, query), name: `q${names++}` }
    compiled.set(key, found)
  }
  const { name, sql, reads, bind } = found
  return { name, text: sql, values: bind(params as Params), reads }
}

export function queriesOf(send: Send): Queries {
  return {
    all: async <P, R>(query: Query<P, R>, params: P) => (await send(statementOf(query, params))).rows as R[],
    first: async <P, R>(query: Query<P, R>, params: P) =>
      (await send(statementOf(query, params))).rows[0] as R | undefined,
    run: async (query, params) => (await send(statementOf(query, params))).rowCount ?? 0,
  }
}
