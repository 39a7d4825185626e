import { DatabaseSync } from 'node:sqlite'
import type { Client } from 'pg'
import { cleanText } from '../lib/clean-json.ts'
import type { OnProgress } from '../lib/progress.ts'
import { StorageError } from './database.ts'
import { MARK } from './filling-postgres.ts'
import type { SqlValue } from './query.ts'

/** Tables that are not copied. A test compares both schemas, so every table is here or is copied. */
const KEPT: Readonly<Record<string, string>> = {
  schema_migrations: 'both databases have the same schema',
  stream: 'has its position apart, and PostgreSQL a sequence',
  stream_timeline: 'is of PostgreSQL',
  processes: 'are those of the other database',
  leader: 'is one of these processes',
  [MARK]: 'is of the command that copies',
}

/** SQLite keeps its index of words in a virtual table. `pragma table_info` does not list its row id. */
const WORD_INDEX = 'search_index'

/** The rows of a statement, and the characters of their texts. More saves no time. */
const BATCH_ROWS = 1_000
const BATCH_CHARACTERS = 1_000_000

type Column = { name: string; type: string; is_identity: boolean }
export type CopiedTable = { table: string; columns: Column[] }

const COLUMNS = `select c.relname as table, a.attname as name, format_type(a.atttypid, null) as type, a.attidentity <> '' as is_identity
  from pg_class as c join pg_attribute as a on a.attrelid = c.oid
  where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
  order by c.relname, a.attnum`

/** Without the tables in which FTS5 keeps its index, and those of SQLite. */
const SQLITE_COLUMNS = `select m.name as "table", p.name as name from sqlite_master as m join pragma_table_info(m.name) as p
  where m.type = 'table' and m.name not like 'sqlite~_%' escape '~' and m.name not like '${WORD_INDEX}~_%' escape '~'`

/**
 * The tables to copy, with the columns of PostgreSQL.
 * @throws StorageError if the two schemas differ: a bug
 */
export async function tablesToCopy(source: DatabaseSync, client: Client): Promise<CopiedTable[]> {
  const tables = new Map<string, Column[]>()
  const { rows } = await client.query<Column & { table: string }>(COLUMNS)
  for (const { table, ...column } of rows) tables.set(table, [...(tables.get(table) ?? []), column])
  const found = source.prepare(SQLITE_COLUMNS).all() as unknown as { table: string; name: string }[]
  const here = new Set(found.map(({ table, name }) => `${table}.${name}`))
  here.add(`${WORD_INDEX}.rowid`)
  const there = rows.map(({ table, name }) => `${table}.${name}`)
  const different = [...here]
    .filter((one) => !there.includes(one))
    .concat(there.filter((one) => !here.has(one)))
  const wrong = different.filter((one) => !one.startsWith(`${MARK}.`))
  if (wrong.length > 0)
    throw new StorageError(`The schemas of the two databases differ: ${wrong.slice(0, 8).join(', ')}`)
  return [...tables].filter(([table]) => !(table in KEPT)).map(([table, columns]) => ({ table, columns }))
}

/**
 * Copies the rows of a SQLite database, as one committed state, into a PostgreSQL database with the same
 * schema and one shard. Positions, ids and their sequences stay the same.
 * @returns the number of rows
 */
export async function copyRows(path: string, client: Client, onProgress: OnProgress): Promise<number> {
  const source = new DatabaseSync(path, { readOnly: true })
  try {
    source.exec('begin')
    const tables = await tablesToCopy(source, client)
    // The last statement of the command commits with the disk, and all that is before it.
    await client.query('set synchronous_commit = off')
    // Migrations have written some rows.
    await client.query(`truncate ${tables.map(({ table }) => client.escapeIdentifier(table)).join(', ')}`)
    const total = tables.reduce((sum, { table }) => sum + countOf(source, table), 0)
    let done = 0
    for (const copied of tables) {
      for (const batch of batchesOf(source, copied)) {
        await insertBatch(client, copied, batch)
        done += batch[0]?.length ?? 0
        onProgress({ step: 'copying rows', done, total })
      }
      await continueIds(source, client, copied)
    }
    await setPosition(source, client)
    return done
  } finally {
    source.close()
  }
}

function countOf(source: DatabaseSync, table: string): number {
  return Number(source.prepare(`select count(*) as count from "${table}"`).get()?.['count'])
}

/** The rows of a table, as one list for each column. */
function* batchesOf(source: DatabaseSync, { table, columns }: CopiedTable): Generator<SqlValue[][]> {
  const statement = source.prepare(
    `select ${columns.map(({ name }) => `"${name}"`).join(', ')} from "${table}"`,
  )
  statement.setReturnArrays(true)
  const empty = () => columns.map((): SqlValue[] => [])
  let batch = empty()
  let characters = 0
  for (const row of statement.iterate() as unknown as Iterable<SqlValue[]>) {
    for (const [at, value] of row.entries()) {
      batch[at]?.push(typeof value === 'string' ? cleanText(value) : value)
      if (typeof value === 'string') characters += value.length
    }
    if ((batch[0]?.length ?? 0) < BATCH_ROWS && characters < BATCH_CHARACTERS) continue
    yield batch
    batch = empty()
    characters = 0
  }
  if ((batch[0]?.length ?? 0) > 0) yield batch
}

async function insertBatch(
  client: Client,
  { table, columns }: CopiedTable,
  batch: SqlValue[][],
): Promise<void> {
  const names = columns.map(({ name }) => client.escapeIdentifier(name))
  const isIndex = (type: string) => type === 'tsvector'
  const lists = columns.map(({ type }, at) => `$${at + 1}::${isIndex(type) ? 'text' : type}[]`)
  const values = columns.map(({ type }, at) =>
    isIndex(type)
      ? `array_to_tsvector(string_to_array(coalesce(r.${names[at]}, ''), ' '))`
      : `r.${names[at]}`,
  )
  await client.query(
    `insert into ${client.escapeIdentifier(table)} (${names.join(', ')})
      select ${values.join(', ')} from unnest(${lists.join(', ')}) as r(${names.join(', ')})`,
    batch,
  )
}

/** The next id of a table follows the last one that SQLite gave, also when its row is removed. */
async function continueIds(
  source: DatabaseSync,
  client: Client,
  { table, columns }: CopiedTable,
): Promise<void> {
  const id = columns.find((column) => column.is_identity)?.name
  if (id === undefined) return
  const last = source
    .prepare(
      `select max(coalesce((select max("${id}") from "${table}"), 0),
        coalesce((select seq from sqlite_sequence where name = ?), 0)) as last`,
    )
    .get(table)?.['last']
  if (Number(last) > 0)
    await client.query(`select setval(pg_get_serial_sequence($1, $2), $3)`, [table, id, Number(last)])
}

/** A database of SQLite has one shard, in which a position is the value of the sequence. */
async function setPosition(source: DatabaseSync, client: Client): Promise<void> {
  const found = source
    .prepare(
      `select max(position, coalesce((select max(position) from events), 0)) as position from stream where id = 1`,
    )
    .get()
  const position = Number(found?.['position'] ?? 0)
  await client.query('update stream set position = $1', [position])
  if (position > 0) await client.query(`select setval('stream_positions', $1)`, [position])
}
