import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext } from 'node:test'
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import type { Database, OpenOptions } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { afterTest } from './after-test.ts'
import { silentLog } from './log.ts'
import { startCluster } from './postgres.ts'

/**
 * Runs the same suite on both databases. `open` creates an empty database with all migrations, and closes it after the test.
 * @param options.alone opens it exclusively, as the server does; otherwise several workers can share the database
 */
export function onEachDatabase(
  name: string,
  suite: (open: (t: TestContext) => Promise<Database>) => void,
  options: OpenOptions = {},
): void {
  describe(`${name} on sqlite`, () => suite((t) => openTestSqlite(t, options)))
  const url = clusterUrl()
  const skip = typeof url === 'string' ? false : url.missing
  describe(`${name} on postgres`, { skip }, () => suite((t) => openTestPostgres(t, url as string, options)))
}

export async function openTestSqlite(t: TestContext, options: OpenOptions = {}): Promise<Database> {
  return openFor(t, `sqlite:${join(temporaryFolder(t), 'belfry.db')}`, options)
}

export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-test-'))
  afterTest(t, () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Creates an empty PostgreSQL database. It is removed with its cluster. */
export async function newPostgresUrl(cluster: string): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`
  await administer(cluster, `create database ${name}`)
  return cluster.replace('/postgres?', `/${name}?`)
}

/** Dropped after the test, because a thousand databases of 7 MiB each take long to remove at the end. */
export async function openTestPostgres(
  t: TestContext,
  cluster: string,
  options: OpenOptions,
): Promise<Database> {
  const url = await newPostgresUrl(cluster)
  afterTest(t, () => administer(cluster, `drop database ${new URL(url).pathname.slice(1)} with (force)`))
  return openFor(t, url, options)
}

async function administer(cluster: string, statement: string): Promise<void> {
  const admin = new Client({ connectionString: cluster })
  await admin.connect()
  await admin.query(statement)
  await admin.end()
}

async function openFor(t: TestContext, url: string, options: OpenOptions): Promise<Database> {
  const database = await openDatabase(url, silentLog, options)
  afterTest(t, () => database[Symbol.asyncDispose]())
  return database
}

/** The URL of the cluster of the test run, or of a new cluster if a test file runs alone. */
export function clusterUrl(): string | { missing: string } {
  const url = process.env['TEST_POSTGRES']
  if (url) return url
  const missing = process.env['TEST_POSTGRES_MISSING']
  if (missing) return { missing }
  const cluster = startCluster()
  if ('missing' in cluster) return cluster
  process.once('exit', cluster.stop)
  process.env['TEST_POSTGRES'] = cluster.url
  return cluster.url
}
