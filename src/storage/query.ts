import { type Compilable, type Expression, type RawBuilder, sql, type SqlBool } from 'kysely'
import type { QueryBuilder } from './query-builder.ts'
import { highest, lowest, type StreamPoint } from './stream-point.ts'

/** The SQL that differs between the two databases. */
export type Dialect = {
  readonly name: 'sqlite' | 'postgres'
  /**
   * `column in ${dialect.list(p.ids)}`: a parameter with an array of strings or numbers. Used as a table, its
   * one column has the name `value`.
   */
  list(parameter: readonly string[]): RawBuilder<string>
  numbers(parameter: readonly number[]): RawBuilder<number>
  /** A parameter with an array of objects, as a table with the named columns. */
  rows<Row extends Record<string, string | number | null>>(
    parameter: readonly Row[],
    columns: { [K in keyof Row]: 'text' | 'integer' },
  ): RawBuilder<Row>
  /** A query with one text column named `value`, as a table of which the planner expects few rows. */
  few(source: Expression<unknown>): RawBuilder<{ value: string }>
  /** Gives a parameter a type where the database cannot infer it. */
  integer(parameter: number): RawBuilder<number>
  text(parameter: string | null): RawBuilder<string>
  /** The larger of two values. */
  greatest(left: RawBuilder<number>, right: RawBuilder<number>): RawBuilder<number>
  /** Whether a reader at the point, a parameter, has not seen the position of a column. Uses an index on the column. */
  isAfter(column: string, point: StreamPoint): RawBuilder<SqlBool>
  /** Whether a reader at the point, a parameter, has seen the position of a column. Uses an index on the column. */
  isUpTo(column: string, point: StreamPoint): RawBuilder<SqlBool>
}

/** The parameters of a query. Arrays are passed as JSON, through the functions of the dialect. */
export type Params = Record<string, unknown>

/**
 * A query is a value at the top level of a `*-store.ts` file. Each connection compiles and prepares it at its
 * first use. `p.roomId` stands for the parameter `roomId`.
 */
export type Query<P, R> = {
  readonly build: (db: QueryBuilder, p: P, dialect: Dialect) => Compilable<R>
  /** Of `insertQuery`: the column with the integer key of the inserted row. */
  readonly key?: string
}

export function query<P extends Params = Record<never, never>>() {
  return <R>(build: (db: QueryBuilder, p: P, dialect: Dialect) => Compilable<R>): Query<P, R> => ({ build })
}

/**
 * An insert of one row whose result is the integer key of the row. On SQLite `build` has no `returning`, for
 * which SQLite would copy each changed page: the connection knows the key of its last row.
 */
export function insertQuery<P extends Params>() {
  return <Key extends string>(
    key: Key,
    build: (db: QueryBuilder, p: P, dialect: Dialect) => Compilable<unknown>,
  ) => ({ key, build }) as Query<P, Record<Key, number>>
}

/** Runs queries. Outside a transaction they see the committed state; inside one, also the writes of the transaction. */
export interface Queries {
  all<P, R>(query: Query<P, R>, params: P): Promise<R[]>
  first<P, R>(query: Query<P, R>, params: P): Promise<R | undefined>
  /** Runs a query that changes rows. Resolves to the number of changed rows. */
  run<P, R>(query: Query<P, R>, params: P): Promise<number>
}

/** Any other statement may write. */
const READS = /^\s*(select\b|with\b(?!.*\b(insert|update|delete)\b))/is

/** The SQL text to prepare, and for each placeholder the name of the parameter or a constant. */
export type Compiled = {
  readonly sql: string
  /** False when the statement may write. */
  readonly reads: boolean
  readonly bind: (params: Params) => SqlValue[]
}
export type SqlValue = string | number | null

/** How the value of a parameter is bound. The last four are of a point. */
type Form = 'plain' | 'json' | 'lowest' | 'highest' | 'array' | 'shards'

class Slot {
  readonly name: string
  readonly form: Form
  constructor(name: string, form: Form = 'plain') {
    this.name = name
    this.form = form
  }
}

const slots = new Proxy({}, { get: (_, name) => (typeof name === 'string' ? new Slot(name) : undefined) })

function asJson(parameter: unknown): Slot {
  if (!(parameter instanceof Slot))
    throw new TypeError('dialect.list, numbers and rows need a parameter, such as p.name')
  return new Slot(parameter.name, 'json')
}

function ofPoint(parameter: unknown, form: Form): Slot {
  if (!(parameter instanceof Slot))
    throw new TypeError('dialect.isAfter and isUpTo need a parameter, such as p.since')
  return new Slot(parameter.name, form)
}

/** The position of a point in the shard of a column. */
const ofShard = (column: string, point: unknown) =>
  sql`(cast(${ofPoint(point, 'array')} as bigint[]))[${sql.ref(column)} % cast(${ofPoint(point, 'shards')} as bigint) + 1]`

/**
 * With `json_each`, each object becomes text again, and every `->>` parses that text: 9 µs for a row of 16
 * columns instead of 3 µs. `jsonb_each` exists since SQLite 3.51.
 */
const EACH_OBJECT = sql.raw(
  (process.versions['sqlite'] ?? '').localeCompare('3.51', 'en', { numeric: true }) >= 0
    ? 'jsonb_each'
    : 'json_each',
)

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  list: (parameter) => sql`(select value from json_each(${asJson(parameter)}))`,
  numbers: (parameter) => sql`(select value from json_each(${asJson(parameter)}))`,
  rows: (parameter, columns) => {
    const fields = Object.keys(columns).map((name) => sql`value ->> ${sql.lit(name)} as ${sql.ref(name)}`)
    return sql`(select ${sql.join(fields)} from ${EACH_OBJECT}(${asJson(parameter)}))`
  },
  few: (source) => sql`(${source})`,
  integer: (parameter) => sql`cast(${parameter} as integer)`,
  text: (parameter) => sql`cast(${parameter} as text)`,
  greatest: (left, right) => sql`max(${left}, ${right})`,
  // There is one shard.
  isAfter: (column, point) => sql`${sql.ref(column)} > ${ofPoint(point, 'lowest')}`,
  isUpTo: (column, point) => sql`${sql.ref(column)} <= ${ofPoint(point, 'highest')}`,
}

export const postgresDialect: Dialect = {
  name: 'postgres',
  // With an array, the planner expects ten values instead of a hundred and uses an index. Otherwise it
  // prefers to read a table of ten thousand rows (a room's members, all pushers).
  list: (parameter) =>
    sql`(select unnest(array(select jsonb_array_elements_text(${asJson(parameter)}::jsonb))) as value)`,
  numbers: (parameter) =>
    sql`(select unnest(array(select jsonb_array_elements_text(${asJson(parameter)}::jsonb)::bigint)) as value)`,
  rows: (parameter, columns) => {
    const fields = Object.entries(columns).map(
      ([name, type]) => sql`${sql.ref(name)} ${sql.raw(type === 'text' ? 'text' : 'bigint')}`,
    )
    return sql`(select * from jsonb_to_recordset(${asJson(parameter)}::jsonb) as r(${sql.join(fields)}))`
  },
  // It expects ten values of an array, and uses an index for each.
  few: (source) => sql`(select unnest(array(${source})) as value)`,
  integer: (parameter) => sql`cast(${parameter} as bigint)`,
  text: (parameter) => sql`cast(${parameter} as text)`,
  greatest: (left, right) => sql`greatest(${left}, ${right})`,
  // The first condition is a range of the index. With one shard, the second one is the same.
  isAfter: (column, point) =>
    sql`(${sql.ref(column)} > cast(${ofPoint(point, 'lowest')} as bigint) and ${sql.ref(column)} > ${ofShard(column, point)})`,
  isUpTo: (column, point) =>
    sql`(${sql.ref(column)} <= cast(${ofPoint(point, 'highest')} as bigint) and ${sql.ref(column)} <= ${ofShard(column, point)})`,
}

/**
 * The planner of SQLite reads the value of a bare parameter, so it plans the statement again whenever one is
 * bound: 40 µs instead of 9 µs for a page of events.
 */
const BARE_LIMIT = /\blimit \?/g

/** Compiles a query for one database. Throws when the query uses a parameter in a way that cannot be bound. */
export function compileQuery<P, R>(builder: QueryBuilder, dialect: Dialect, source: Query<P, R>): Compiled {
  const compiled = source.build(builder, slots as P, dialect).compile()
  const places = compiled.parameters
  return {
    sql:
      dialect.name === 'sqlite'
        ? compiled.sql.replaceAll(BARE_LIMIT, 'limit cast(? as integer)')
        : compiled.sql,
    reads: READS.test(compiled.sql),
    bind: (params) => places.map((place) => (place instanceof Slot ? valueOf(place, params) : toSql(place))),
  }
}

function valueOf({ name, form }: Slot, params: Params): SqlValue {
  const value = params[name]
  if (form === 'plain') return toSql(value, name)
  return form === 'json' ? JSON.stringify(value) : valueOfPoint(value as StreamPoint, form)
}

function valueOfPoint(point: StreamPoint, form: Exclude<Form, 'plain' | 'json'>): SqlValue {
  switch (form) {
    case 'lowest':
      return lowest(point)
    case 'highest':
      return highest(point)
    case 'array':
      return `{${point.join(',')}}`
    case 'shards':
      return point.length
  }
}

function toSql(value: unknown, name = 'constant'): SqlValue {
  if (typeof value === 'string' || value === null) return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'boolean') return value ? 1 : 0
  // The two drivers treat undefined, a Date or an object differently, and some of them without an error.
  throw new TypeError(
    `query parameter ${name} is ${value === undefined ? 'missing' : `of type ${typeof value}`}`,
  )
}
