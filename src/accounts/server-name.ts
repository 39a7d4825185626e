import { existsSync } from 'node:fs'
import { ConfigError } from '../config/config-error.ts'
import type { Config, NamedConfig } from '../config/schema.ts'
import { serverOf } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Database } from '../storage/database.ts'
import { openDatabase } from '../storage/open-database.ts'
import type { Queries } from '../storage/query.ts'
import { labelOf, startingWith } from '../storage/start-fault.ts'
import { insertServerName, storedServerName, userOfOtherServer } from './server-name-store.ts'

/** The name of a new server without a configured name. */
const DEFAULT_NAME = 'localhost'
/** A database with more names than this was not made by Belfry, so they are not listed. */
const MAX_NAMES = 8

export type Opening = {
  log: Log
  now: number
  /**
   * `server`: may create a database. `command`: works beside a server or before its first start, and creates a
   * database only when the configuration names the server. A forgotten `--data` therefore does not create a second,
   * empty server.
   */
  as: 'server' | 'command'
}

/**
 * Opens the database of a home server and determines the server's name. The name belongs to the data, because users
 * cannot move to another name. It is written into the database once, and a configuration with another name is
 * refused.
 * @throws ConfigError when the configuration names another server than the database, StorageError as `openDatabase`
 */
export async function openServerDatabase(
  config: Config,
  opening: Opening,
): Promise<{ db: Database; config: NamedConfig }> {
  const { database } = config
  if (database.kind === 'sqlite' && mustExist(config, opening) && !existsSync(database.path))
    throw new ConfigError(
      `there is no database at ${database.path}: pass the server's --config, --data or --database, or its --server-name to create a new database`,
    )
  const url = database.kind === 'sqlite' ? `sqlite:${database.path}` : database.url
  const db = await openDatabase(url, opening.log, {
    alone: opening.as === 'server',
    shards: config.database_shards,
  })
  try {
    const name = await startingWith(database, () => determineName(db, config, opening))
    return { db, config: { ...config, server_name: name } }
  } catch (error) {
    await db[Symbol.asyncDispose]()
    throw error
  }
}

const mustExist = (config: Config, { as }: Opening) => as === 'command' && config.server_name === undefined

async function determineName(db: Database, config: Config, opening: Opening): Promise<string> {
  const wanted = config.server_name
  const stored = (await db.first(storedServerName, {}))?.name
  if (stored !== undefined) return checkedName(stored, wanted, config)
  const name = await nameFromUsers(db, config)
  if (name === undefined && mustExist(config, opening))
    throw new ConfigError('the database is new: start its server first, or pass its --server-name')
  const chosen = name ?? wanted?.toLowerCase() ?? DEFAULT_NAME
  await db.transaction((tx) => tx.run(insertServerName, { name: chosen, now: opening.now }))
  // Another process may have written a name first.
  return checkedName((await db.first(storedServerName, {}))?.name ?? chosen, wanted, config)
}

/**
 * Server names are case-sensitive (Matrix appendices, "Server Name") and should be lower case. A name with upper case
 * in a database is kept, because the user ids contain it. The case of the configured name is ignored.
 */
function checkedName(stored: string, wanted: string | undefined, { database }: Config): string {
  if (wanted === undefined || isSameName(stored, wanted)) return stored
  throw new ConfigError(
    `${labelOf(database)} belongs to the server "${stored}", but "server_name" is "${wanted}": remove the setting or set it to "${stored}"; for a server "${wanted}" use another --data or --database`,
  )
}

const isSameName = (one: string, other: string) => one.toLowerCase() === other.toLowerCase()

/**
 * The server name from the user ids of a database that was made before the name was stored. Such a server may have
 * been started under several names; in that case the configuration decides.
 */
async function nameFromUsers(q: Queries, config: Config): Promise<string | undefined> {
  const wanted = config.server_name
  const names = await namesOfUsers(q)
  const [only, second] = names
  if (second === undefined) return only
  const found = wanted === undefined ? undefined : names.find((name) => isSameName(name, wanted))
  if (found !== undefined) return found
  const list = names.map((name) => `"${name}"`).join(' and ')
  throw new ConfigError(
    `the database holds users of ${list}: set "server_name" (--server-name) to the name of this server`,
  )
}

async function namesOfUsers(q: Queries): Promise<string[]> {
  const names: string[] = []
  while (names.length < MAX_NAMES) {
    const other = await q.first(userOfOtherServer, { names: names.map((name) => ({ name })) })
    if (other === undefined) break
    names.push(serverOf(other.user_id))
  }
  return names
}
