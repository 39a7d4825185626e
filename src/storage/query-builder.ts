import {
  type DialectAdapter,
  DefaultQueryExecutor,
  type QueryCompiler,
  QueryCreator,
  type QueryExecutorProvider,
} from 'kysely'
import type { Schema } from './schema.ts'

/**
 * Builds queries, also from SQL text. Not a `Kysely`, which would load its drivers, plugins and schema
 * builder as well.
 */
export type QueryBuilder = QueryCreator<Schema> & QueryExecutorProvider

const NO_CONNECTIONS = {
  provideConnection: () => Promise.reject(new Error('the builder compiles queries and does not run them')),
}

export function createQueryBuilder(compiler: QueryCompiler, adapter: DialectAdapter): QueryBuilder {
  const executor = new DefaultQueryExecutor(compiler, adapter, NO_CONNECTIONS)
  return Object.assign(new QueryCreator<Schema>({ executor }), { getExecutor: () => executor })
}
