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
 * Runs the same suite on both databases. `open` gives a new, migrated, empty database that ends with the test.
 * @param options.alone as the server opens it; without it several workers can share the database
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

/** A new empty PostgreSQL database; it goes with its cluster. */
export async function newPostgresUrl(cluster: string): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`
  await administer(cluster, `create database ${name}`)
  return cluster.replace('/postgres?', `/${name}?`)
}

/** It is dropped with the test: a thousand of them, each of 7 MiB, are a lot to take away at the end. */
async function openTestPostgres(t: TestContext, cluster: string, options: OpenOptions): Promise<Database> {
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

/** The cluster of the whole run, or, when a test file runs by itself, one of its own. */
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
