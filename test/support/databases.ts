import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext } from 'node:test'
import { randomBytes } from 'node:crypto'
import { Pool } from 'pg'
import type { Database, OpenOptions } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { afterTest, type TestEnd } from './after-test.ts'
import { silentLog } from './log.ts'
import { placeForData } from './place-for-data.ts'
import { startCluster } from './postgres.ts'
import { inTurn, WRITERS } from './several-writers.ts'

const SQLITE_TEMPLATE = 'TEST_SQLITE_TEMPLATE'
const POSTGRES_TEMPLATE = 'TEST_POSTGRES_TEMPLATE'

/**
 * Runs the same suite on both databases. `open` creates a database with all migrations and no rows, and
 * closes it after the test.
 * @param options.alone opens it exclusively, as the server does; otherwise several workers can share the
 *   database
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
  return openFor(t, newSqliteUrl(t), options)
}

/** A new SQLite database in a temporary folder. It has all migrations if the test run has a template. */
export function newSqliteUrl(t: TestContext): string {
  return `sqlite:${join(newDataFolder(t), 'belfry.db')}`
}

/**
 * A temporary data directory with a new SQLite database. It has all migrations if the test run has a
 * template: a server that applies them spends 120 ms of a processor.
 * @param file the name of the database: that of a server, or `gateway.db`
 */
export function newDataFolder(t: TestEnd, file = 'belfry.db'): string {
  const folder = temporaryFolder(t)
  const template = process.env[SQLITE_TEMPLATE]
  if (template !== undefined) copyFileSync(template, join(folder, file))
  return folder
}

export function temporaryFolder(t: TestEnd): string {
  const folder = mkdtempSync(join(placeForData(), 'belfry-test-'))
  afterTest(t, () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/**
 * Creates a PostgreSQL database. It has all migrations if the test run has a template. It is removed with its
 * cluster. The strategy `file_copy` takes about half the processor time of the default, which writes each
 * page to the write-ahead log.
 */
export async function newPostgresUrl(cluster: string): Promise<string> {
  const template = process.env[POSTGRES_TEMPLATE]
  return createPostgres(cluster, template === undefined ? '' : ` template ${template} strategy file_copy`)
}

/** Creates a PostgreSQL database without tables, for a test of migrations. It is removed with its cluster. */
export async function emptyPostgresUrl(cluster: string): Promise<string> {
  return createPostgres(cluster, '')
}

async function createPostgres(cluster: string, more: string): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`
  await administer(cluster, `create database ${name}${more}`)
  return urlIn(cluster, name)
}

const urlIn = (cluster: string, name: string) => cluster.replace('/postgres?', `/${name}?`)

/**
 * Creates a database with all migrations on SQLite, and on PostgreSQL where there is a cluster. New databases
 * of this process and of the processes that it starts are copies of them, because the migrations of one
 * database take 120 ms on SQLite and 150 ms on PostgreSQL.
 * @param folder gets the SQLite file
 */
export async function createTemplates(folder: string, cluster: string | undefined): Promise<void> {
  const create = async (url: string) => (await openDatabase(url, silentLog))[Symbol.asyncDispose]()
  const path = join(folder, 'template.db')
  await create(`sqlite:${path}`)
  process.env[SQLITE_TEMPLATE] = path
  if (cluster === undefined) return
  const name = 'belfry_template'
  await administer(cluster, `create database ${name}`)
  await create(urlIn(cluster, name))
  process.env[POSTGRES_TEMPLATE] = name
}

/** Dropped after the test, because a thousand databases of 7 MiB each take long to remove at the end. */
export async function openTestPostgres(
  t: TestContext,
  cluster: string,
  options: OpenOptions,
): Promise<Database> {
  const url = await newPostgresUrl(cluster)
  afterTest(t, () => administer(cluster, `drop database ${new URL(url).pathname.slice(1)} with (force)`))
  if (WRITERS === 1) return openFor(t, url, options)
  const openings: Database[] = []
  while (openings.length < WRITERS) openings.push(await openFor(t, url, options))
  return inTurn(openings)
}

/**
 * By cluster. One connection for all tests of this process, because a new one for each statement takes 10 ms
 * of a processor.
 */
const administrators = new Map<string, Pool>()

async function administer(cluster: string, statement: string): Promise<void> {
  const admin = administrators.get(cluster) ?? createAdministrator(cluster)
  administrators.set(cluster, admin)
  await admin.query(statement)
}

/** Its connection does not keep the process alive. */
function createAdministrator(cluster: string): Pool {
  const pool = new Pool({ connectionString: cluster, max: 1, idleTimeoutMillis: 0, allowExitOnIdle: true })
  // The cluster may stop before this process.
  pool.on('error', () => undefined)
  return pool
}

async function openFor(t: TestContext, url: string, options: OpenOptions): Promise<Database> {
  const database = await openDatabase(url, silentLog, options)
  afterTest(t, () => database[Symbol.asyncDispose]())
  return database
}

/** The URL of the cluster of the test run, or of a new cluster without a template if Node runs a test file directly. */
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

/** False where a test can have a PostgreSQL database, else the reason to skip it. */
export function noPostgres(): string | false {
  const cluster = clusterUrl()
  return typeof cluster === 'string' ? false : cluster.missing
}
