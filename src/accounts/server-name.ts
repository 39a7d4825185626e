import { existsSync } from 'node:fs'
import { ConfigError } from '../config/config-error.ts'
import type { Config, NamedConfig } from '../config/schema.ts'
import { serverOf } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Database } from '../storage/database.ts'
import { openDatabase } from '../storage/open-database.ts'
import type { Queries } from '../storage/query.ts'
import { labelOf, startingWith } from '../storage/start-fault.ts'
import { keepName, storedName, userOfOtherServer } from './server-name-store.ts'

/** The name of a new server that was given none. */
const DEFAULT_NAME = 'localhost'
/** More than that are not listed: such a database is none of ours. */
const MOST_NAMES = 8

export type Opening = {
  log: Log
  now: number
  /**
   * `server`: may begin a new database. `command`: works beside a server or before its first start, and begins a database only when
   * the configuration names the server, so that a forgotten `--data` does not make a second, empty server.
   */
  as: 'server' | 'command'
}

/**
 * Opens the database of a home server and settles the server's name. The name belongs to the data: users cannot move to another
 * name, so it is written into the database once and a configuration with another one is refused.
 * @throws ConfigError when the configuration names another server than the database, StorageError as `openDatabase`
 */
export async function openServerDatabase(
  config: Config,
  opening: Opening,
): Promise<{ db: Database; config: NamedConfig }> {
  const { database } = config
  if (database.kind === 'sqlite' && mustExist(config, opening) && !existsSync(database.path))
    throw new ConfigError(
      `there is no database at ${database.path}: name the server's --config, --data or --database, or its --server-name to begin a new one`,
    )
  const url = database.kind === 'sqlite' ? `sqlite:${database.path}` : database.url
  const db = await openDatabase(url, opening.log, { alone: opening.as === 'server' })
  try {
    const name = await startingWith(database, () => settleName(db, config, opening))
    return { db, config: { ...config, server_name: name } }
  } catch (error) {
    await db[Symbol.asyncDispose]()
    throw error
  }
}

const mustExist = (config: Config, { as }: Opening) => as === 'command' && config.server_name === undefined

async function settleName(db: Database, config: Config, opening: Opening): Promise<string> {
  const wanted = config.server_name
  const stored = (await db.first(storedName, {}))?.name
  if (stored !== undefined) return agreed(stored, wanted, config)
  const name = await nameFromUsers(db, config)
  if (name === undefined && mustExist(config, opening))
    throw new ConfigError('the database is new: start its server first, or give its --server-name')
  const chosen = name ?? wanted?.toLowerCase() ?? DEFAULT_NAME
  await db.transaction((tx) => tx.run(keepName, { name: chosen, now: opening.now }))
  // Another process may have been first.
  return agreed((await db.first(storedName, {}))?.name ?? chosen, wanted, config)
}

/**
 * Server names are case-sensitive (Matrix appendices, "Server Name") and should be lower case. One that a database has in upper case
 * stays, since its users have it in their ids; in the configuration the case makes no difference.
 */
function agreed(stored: string, wanted: string | undefined, { database }: Config): string {
  if (wanted === undefined || isSameName(stored, wanted)) return stored
  throw new ConfigError(
    `${labelOf(database)} belongs to the server "${stored}", but "server_name" is "${wanted}": leave it out or set it to "${stored}"; for a server "${wanted}" name another --data or --database`,
  )
}

const isSameName = (one: string, other: string) => one.toLowerCase() === other.toLowerCase()

/**
 * The name in the user ids of a database that was made before names were kept. Such a server could be started under several names: the
 * configuration decides between those then.
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
    `the database holds users of ${list}: say with "server_name" (--server-name) which of them this server is`,
  )
}

async function namesOfUsers(q: Queries): Promise<string[]> {
  const names: string[] = []
  while (names.length < MOST_NAMES) {
    const other = await q.first(userOfOtherServer, { names: names.map((name) => ({ name })) })
    if (other === undefined) break
    names.push(serverOf(other.user_id))
  }
  return names
}
