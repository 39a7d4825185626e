import { describe, type TestContext } from 'node:test'
import { Client } from 'pg'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { afterTest } from './after-test.ts'
import { clusterUrl, emptyPostgresUrl } from './databases.ts'
import { silentLog } from './log.ts'

/** A PostgreSQL database whose stream has several shards, and a connection of its own for the test. */
export type Sharded = { url: string; db: Database; client: Client }

/**
 * Runs a suite where there is a PostgreSQL cluster. `open` creates a database whose stream has this number of
 * shards.
 */
export function onShards(
  name: string,
  suite: (open: (t: TestContext, shards: number) => Promise<Sharded>) => void,
): void {
  const cluster = clusterUrl()
  const skip = typeof cluster === 'string' ? false : cluster.missing
  describe(name, { skip }, () => suite((t, shards) => openSharded(t, cluster as string, shards)))
}

async function openSharded(t: TestContext, cluster: string, shards: number): Promise<Sharded> {
  const url = await emptyPostgresUrl(cluster)
  const db = await openDatabase(url, silentLog, { shards })
  afterTest(t, () => db[Symbol.asyncDispose]())
  const client = new Client({ connectionString: url })
  await client.connect()
  afterTest(t, () => client.end())
  return { url, db, client }
}
