import { spawnSync } from 'node:child_process'
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import { Client } from 'pg'
import { VERSION } from '../../src/lib/version.ts'
import { call } from '../support/client.ts'
import { clusterUrl, emptyPostgresUrl, temporaryFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import {
  HOUR,
  isAtRest,
  type OpenedDatabase,
  releaseDataOf,
  type ReleaseStory,
  writeReleaseHistory,
} from '../support/release-history.ts'
import { countsOfTheList, type CountedData } from '../support/unread-recount.ts'
import { postgresTools } from '../support/postgres.ts'
import { type Outside, startBelfry, startOutside } from '../support/upgrade-fixture.ts'

// This version opens the databases of all releases, with work in every queue. A release adds its own with
// `WRITE_RELEASE=1 npm test -- test/journeys/upgrade-releases.test.ts` (test/vectors/releases/README.md).

const RELEASES = fileURLToPath(new URL('../vectors/releases/', import.meta.url))
const isWriting = process.env['WRITE_RELEASE'] === '1'

type Engine = {
  name: string
  skip: string | false
  /** An empty database, or one with the content of a file. */
  open(t: TestContext, file?: string): Promise<OpenedDatabase>
  /** The content of the closed database. */
  save(database: OpenedDatabase): Buffer
}

const cluster = clusterUrl()
const SQLITE: Engine = {
  name: 'sqlite',
  skip: false,
  async open(t, file) {
    const folder = temporaryFolder(t)
    const path = join(folder, 'belfry.db')
    if (file !== undefined) writeFileSync(path, gunzipSync(readFileSync(file)))
    const run = async (sql: string) => {
      using db = new DatabaseSync(path)
      return db.prepare(sql).all()
    }
    return { folder, database: `sqlite:${path}`, run }
  },
  save({ database }) {
    const path = database.slice('sqlite:'.length)
    using db = new DatabaseSync(path)
    db.exec('vacuum; pragma wal_checkpoint(truncate); pragma journal_mode = delete')
    return readFileSync(path)
  },
}
const POSTGRES: Engine = {
  name: 'postgres',
  skip: typeof cluster === 'string' ? false : cluster.missing,
  async open(t, file) {
    const database = await emptyPostgresUrl(cluster as string)
    const run = async (sql: string) => {
      const client = new Client({ connectionString: database })
      await client.connect()
      const { rows } = await client.query(sql)
      await client.end()
      return rows as unknown[]
    }
    if (file !== undefined) await run(gunzipSync(readFileSync(file)).toString())
    return { folder: temporaryFolder(t), database, run }
  },
  save({ database }) {
    const args = ['--inserts', '--no-owner', '--no-privileges', database]
    const { status, stdout, stderr } = spawnSync(join(postgresTools() ?? '', 'pg_dump'), args, {
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
    // Commands of psql, which newer versions of pg_dump write.
    return Buffer.from(stdout.replaceAll(/^\\.*\n/gm, ''))
  },
}

for (const engine of [SQLITE, POSTGRES])
  test(
    `writes the database of this version on ${engine.name}`,
    { skip: isWriting ? engine.skip : 'only with WRITE_RELEASE=1' },
    async (t) => {
      const database = await engine.open(t)
      const story = await writeReleaseHistory(t, database)
      const folder = join(RELEASES, VERSION)
      mkdirSync(folder, { recursive: true })
      const write = (name: string, content: Buffer | string) =>
        writeFileSync(join(folder, name), gzipSync(content, { level: 9 }))
      write(`${engine.name}.gz`, engine.save(database))
      write(`${engine.name}.json.gz`, JSON.stringify(story))
    },
  )

async function prepare(t: TestContext, engine: Engine, folder: string) {
  const story = JSON.parse(
    gunzipSync(readFileSync(join(folder, `${engine.name}.json.gz`))).toString(),
  ) as ReleaseStory
  const outside = await startOutside(t, story.at)
  outside.respondWith('nothing')
  const database = await engine.open(t, join(folder, `${engine.name}.gz`))
  for (const column of ['url', 'data'])
    for (const [from, to] of [
      [story.origin, outside.origin],
      [story.otherOrigin, outside.otherOrigin],
    ])
      await database.run(`update pushers set ${column} = replace(${column}, '${from}', '${to}')`)
  return { story, outside, database, ...(await startBelfry(t, database, outside)) }
}

/** Checks that a value has all of an earlier one: later versions may add keys, and elements such as default rules. */
function assertContains(value: unknown, earlier: unknown, path: string): void {
  if (Array.isArray(earlier)) {
    assert.ok(Array.isArray(value), path)
    let at = 0
    for (const [index, one] of earlier.entries()) {
      while (at < value.length && !contains(value[at], one)) at++
      // Throws with the exact place if the lengths agree.
      if (at === value.length) assertContains((value as unknown[])[index], one, `${path}[${index}]`)
      assert.ok(at++ < value.length, `${path}[${index}] is missing`)
    }
  } else if (typeof earlier === 'object' && earlier !== null) {
    assert.ok(typeof value === 'object' && value !== null, path)
    for (const [key, one] of Object.entries(earlier))
      assertContains((value as Record<string, unknown>)[key], one, `${path}.${key}`)
  } else assert.deepEqual(value, earlier, path)
}

function contains(value: unknown, earlier: unknown): boolean {
  try {
    assertContains(value, earlier, '')
    return true
  } catch {
    return false
  }
}

const withOrigins = (value: unknown, { origin, otherOrigin }: ReleaseStory, outside: Outside): unknown =>
  JSON.parse(
    JSON.stringify(value).replaceAll(outside.origin, origin).replaceAll(outside.otherOrigin, otherOrigin),
  )

const versions = existsSync(RELEASES) ? readdirSync(RELEASES).filter((name) => /^\d/.test(name)) : []

if (!isWriting)
  for (const version of versions)
    for (const engine of [SQLITE, POSTGRES])
      describe(`the database of release ${version} on ${engine.name}`, { skip: engine.skip }, () => {
        const folder = join(RELEASES, version)

        test('opens with all that its users saw, its counts are those of a recount, and its sync tokens and sessions are valid', async (t) => {
          const { story, outside, url } = await prepare(t, engine, folder)
          let counted = 0
          for (const [name, session] of Object.entries(story.sessions)) {
            const data = withOrigins(await releaseDataOf(url, session), story, outside)
            counted += countsOfTheList(data as CountedData)
            assertContains(data, story.api[name], name)
            const { since, eventIds } = story.sync[name] ?? assert.fail(name)
            assert.deepEqual(await syncedAfter(url, session.token, since), eventIds, name)
          }
          assert.ok(counted > 0)
        })

        test('sends once what waits: pokes in order, mail, digest, activation, and the queue of the gateway', async (t) => {
          const { story, outside, database, close } = await prepare(t, engine, folder)
          const { clock, mail } = outside
          outside.respondWith(200)
          assert.ok(Object.keys(story.waiting).length >= 2)
          const hasAll = () => isIn(wantedOf(story), sentOf(outside)) && mail.mails.length > 0
          await eventually(async () => {
            if (!(await isAtRest(database))) return false
            if (hasAll() && clock.now() > story.at + 3 * HOUR) return true
            clock.advance(stepAfter(clock.now() - story.at, hasAll()))
            return false
          })
          await close()
          assert.deepEqual(sentOf(outside), wantedOf(story))
          assert.equal(mail.mails.length, 1)
          for (const text of ['in a thread', 'three'])
            assert.ok(mail.mails[0]?.parsed.text?.includes(text), text)
        })

        test('hands out each message to a device once', async (t) => {
          const { story, url } = await prepare(t, engine, folder)
          const token = story.sessions['erin']?.token ?? ''
          const sync = async (since: string) => {
            const { body } = await call(`${url}/_matrix/client/v3/sync?since=${since}`, { token })
            const events =
              (body['to_device'] as { events?: { content: { n: number } }[] } | undefined)?.events ?? []
            return { next: String(body['next_batch']), numbers: events.map(({ content }) => content.n) }
          }
          const first = await sync(story.sync['erin']?.since ?? '')
          assert.deepEqual(first.numbers, [1, 2])
          assert.deepEqual((await sync(first.next)).numbers, [])
        })
      })

/**
 * An activation token ends after five minutes, so the first steps are short. An item that was left would be
 * sent again in the last hours.
 */
const stepAfter = (passed: number, hasAll: boolean) => (passed < 300_000 ? 5_000 : hasAll ? HOUR / 4 : 60_000)

/** The messages in the room of the history after a token, in the order of the timeline. */
async function syncedAfter(url: string, token: string, since: string): Promise<string[]> {
  const filter = encodeURIComponent(JSON.stringify({ room: { timeline: { limit: 100 } } }))
  const { body } = await call(`${url}/_matrix/client/v3/sync?since=${since}&filter=${filter}`, { token })
  const { join: joined } = body['rooms'] as {
    join: Record<
      string,
      { timeline: { events: { event_id: string; type: string; content: { body?: string } }[] } }
    >
  }
  return Object.values(joined)
    .flatMap(({ timeline }) => timeline.events)
    .filter(({ type, content }) => type === 'm.room.message' && !content.body?.includes('noise'))
    .map(({ event_id: id }) => id)
}

/** The events by pushkey in order, without those that have a badge only; a push service by its path. */
type SentEvents = Record<string, string[]>

function wantedOf({ waiting, heldBack }: ReleaseStory): SentEvents {
  const pokes = Object.entries(waiting)
    .filter(([key]) => key.startsWith('http '))
    .map(([key, ids]) => [key.slice('http '.length), ids] as const)
  return {
    ...Object.fromEntries(pokes),
    'carols-phone': [heldBack],
    // Dave gets the same events. The gateway has accepted them, and FCM has not. It may send them at the same time.
    'daves-phone': (waiting['http alices-phone'] ?? []).toSorted(),
    '/push/fay': ['activation'],
  }
}

function sentOf({ received, fcm }: Outside): SentEvents {
  const pokes = received.flatMap(({ path, pushkey, eventId }): [string, string][] => {
    if (path.startsWith('/push/')) return [[path, 'activation']]
    return eventId === undefined || pushkey === undefined ? [] : [[pushkey, eventId]]
  })
  const pushes = fcm.seen.flatMap(({ token, message, status }): [string, string][] => {
    const eventId = message.data?.['event_id']
    return status !== 503 && eventId !== undefined ? [[token, eventId]] : []
  })
  const byKey = Map.groupBy(
    [...pokes, ...pushes.toSorted(([, one], [, other]) => (one < other ? -1 : 1))],
    ([key]) => key,
  )
  return Object.fromEntries([...byKey].map(([key, some]) => [key, some.map(([, id]) => id)]))
}

const isIn = (wanted: SentEvents, sent: SentEvents) =>
  Object.entries(wanted).every(([key, ids]) => ids.every((id) => sent[key]?.includes(id)))
