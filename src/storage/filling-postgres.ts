import { Client } from 'pg'
import { ConfigError } from '../config/config-error.ts'
import { StorageError } from './database.ts'
import { firstLine } from './start-fault.ts'

// A command fills an empty PostgreSQL database in several transactions. Until the last one, the database has
// a table that says so, and no server opens it (`refuseUnfilled`). Killed in between, the command starts
// over: it removes what it finds beside that table.

/** The table, with the name of the command. */
export const MARK = 'belfry_incomplete'

/** The key of PostgreSQL's advisory lock while a command fills the database. Any number other than `MIGRATING`. */
const FILLING = 8_009

/** The sessions of a killed command end within this time. */
const LOCK_TIMEOUT = '5s'

/** A connection to a database that is being filled. */
export type Filling = AsyncDisposable & {
  client: Client
  /** Removes the mark: the database is complete. */
  complete(): Promise<void>
}

/** The tables and sequences of the schema, without those of extensions and those that belong to a column. */
const RELATIONS = `select c.relname as name, c.relkind as kind from pg_class as c
  where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'S') and not exists (
    select 1 from pg_depend as d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('e', 'i', 'a'))`

type Relation = { name: string; kind: 'r' | 'p' | 'S' }

/**
 * Marks an empty database as incomplete. One that a command has left incomplete is emptied first.
 * @param command its name, for messages
 * @throws ConfigError if the database is not empty, StorageError if another command fills it
 */
export async function startFilling(url: string, command: string): Promise<Filling> {
  const client = new Client({ connectionString: url })
  try {
    await client.connect()
  } catch (cause) {
    throw new StorageError(`Cannot use the PostgreSQL database: ${firstLine(cause)}`, { cause })
  }
  try {
    await lockAlone(client)
    await client.query('begin')
    const { rows: found } = await client.query<Relation>(RELATIONS)
    if (found.length > 0 && !found.some(({ name }) => name === MARK))
      throw new ConfigError('the PostgreSQL database is not empty: create a new one')
    for (const { name, kind } of found)
      await client.query(
        `drop ${kind === 'S' ? 'sequence' : 'table'} ${client.escapeIdentifier(name)} cascade`,
      )
    await client.query(`create table ${MARK} (command text not null)`)
    await client.query(`insert into ${MARK} values ($1)`, [command])
    await client.query('commit')
  } catch (error) {
    await client.end()
    throw error
  }
  return {
    client,
    complete: async () => void (await client.query(`drop table ${MARK}`)),
    [Symbol.asyncDispose]: () => client.end(),
  }
}

/** @throws StorageError if a command has not filled the database completely */
export async function refuseUnfilled(client: Client): Promise<void> {
  const { rows } = await client.query<{ found: boolean }>(
    `select to_regclass('${MARK}') is not null as found`,
  )
  if (rows[0]?.found !== true) return
  const marks = await client.query<{ command: string }>(`select command from ${MARK}`)
  const command = marks.rows[0]?.command ?? 'a command'
  throw new StorageError(
    `The PostgreSQL database is incomplete: ${command} has not finished. Run it again, and it starts over`,
  )
}

/** Raises the sequence of positions, so that the positions in between are never given. */
export async function skipPostgresPositions(client: Client, count: number): Promise<void> {
  await client.query(`select setval('stream_positions', last_value + $1) from stream_positions`, [count])
}

async function lockAlone(client: Client): Promise<void> {
  await client.query(`set lock_timeout = '${LOCK_TIMEOUT}'`)
  try {
    await client.query(`select pg_advisory_lock(${FILLING})`)
  } catch (cause) {
    throw new StorageError('Another command is filling the PostgreSQL database; wait for its end', { cause })
  }
}
