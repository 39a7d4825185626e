import { existsSync } from 'node:fs'
import { ConfigError } from '../config/config-error.ts'
import type { Config } from '../config/schema.ts'
import { createLog } from '../lib/log.ts'
import type { OnProgress } from '../lib/progress.ts'
import { copyRows } from '../storage/copy-to-postgres.ts'
import { startFilling } from '../storage/filling-postgres.ts'
import { openDatabase } from '../storage/open-database.ts'

/** `to`: the URL of an empty PostgreSQL database. */
export type CopyOptions = { to: string; onProgress: OnProgress }

export type CopyResult = { from: string; rows: number }

/**
 * Copies a SQLite database that no server uses into an empty PostgreSQL database, with one shard. Tokens,
 * positions and ids stay the same, so clients and queues go on. The store of media is not touched. Killed in
 * between, it leaves a database that no server opens, and starts over when it is run again.
 * @throws ConfigError if the source is not SQLite or does not exist, or the target is not empty; StorageError
 *   if a server uses the source
 */
export async function copyToPostgres(config: Config, { to, onProgress }: CopyOptions): Promise<CopyResult> {
  const { database, log_level: level } = config
  if (!/^postgres(ql)?:\/\//.test(to))
    throw new ConfigError('the target must be the URL of a PostgreSQL database: postgres://USER@HOST/NAME')
  if (database.kind !== 'sqlite')
    throw new ConfigError(
      'the database of the configuration is not SQLite: pass --data or --database with its file',
    )
  if (!existsSync(database.path))
    throw new ConfigError(
      `there is no database at ${database.path}: pass the server's --config, --data or --database`,
    )
  const log = createLog({ level })
  // It migrates the source, and no server starts on it before the end.
  await using _source = await openDatabase(`sqlite:${database.path}`, log, { alone: true })
  await using filling = await startFilling(to, 'belfry database copy')
  onProgress({ step: 'creating the tables', done: 0, total: 1 })
  await (await openDatabase(to, log, { shards: 1, isBeingFilled: true }))[Symbol.asyncDispose]()
  const rows = await copyRows(database.path, filling.client, onProgress)
  onProgress({ step: 'collecting statistics', done: 0, total: 1 })
  await filling.client.query('analyze')
  await filling.complete()
  return { from: database.path, rows }
}
