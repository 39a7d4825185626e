import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test, type TestContext } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Client } from 'pg'
import { call } from '../support/client.ts'
import { clusterUrl, emptyPostgresUrl, temporaryFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { countsOfTheList, type CountedData } from '../support/unread-recount.ts'
import {
  type Outside,
  type Place,
  startBelfry,
  startOutside,
  userDataOf,
} from '../support/upgrade-fixture.ts'

// This version opens a database of commit 02eb4f8 that has waiting items in the queues of pokes, mail and the gateway
// (test/vectors/02eb4f8/README.md).

const VECTORS = new URL('../vectors/02eb4f8/', import.meta.url)
const MINUTE = 60_000

/** The values that were recorded when the database was created. */
type Story = {
  /** The time at the end, in milliseconds. */
  at: number
  origin: string
  otherOrigin: string
  /** Access tokens by user. */
  sessions: Record<string, string>
  /** The outbox: the items of each pusher in order. */
  waiting: { kind: string; pushkey: string; urgent: number; type: string; eventId: string }[]
  /** The queue of the gateway. */
  queued: { pushkey: string; eventId: string }[]
  pushers: { pusherId: number; pushkey: string }[]
  /** The responses of the API by user. */
  api: Record<string, unknown>
}

type Opened = Place & { run(sql: string): Promise<unknown[]> }

const storyOf = (name: string) =>
  JSON.parse(gunzipSync(readFileSync(new URL(`${name}.json.gz`, VECTORS))).toString()) as Story

/** Replaces URLs, because the gateways have other ports in each run. */
function moved(
  { origin, otherOrigin }: Story,
  outside: Outside,
): [column: string, from: string, to: string][] {
  return ['url', 'data'].flatMap((column) => [
    [column, origin, outside.origin],
    [column, otherOrigin, outside.otherOrigin],
  ])
}

async function openSqlite(t: TestContext): Promise<Opened> {
  const folder = temporaryFolder(t)
  const path = join(folder, 'belfry.db')
  writeFileSync(path, gunzipSync(readFileSync(new URL('sqlite.db.gz', VECTORS))))
  const run = async (sql: string) => {
    using db = new DatabaseSync(path)
    return db.prepare(sql).all()
  }
  return { folder, database: `sqlite:${path}`, run }
}

async function openPostgres(t: TestContext): Promise<Opened> {
  const database = await emptyPostgresUrl(clusterUrl() as string)
  const run = async (sql: string) => {
    const client = new Client({ connectionString: database })
    await client.connect()
    const { rows } = await client.query(sql)
    await client.end()
    return rows as unknown[]
  }
  await run(readFileSync(new URL('postgres.sql', VECTORS), 'utf8'))
  return { folder: temporaryFolder(t), database, run }
}

/** @param laterMs the time between the end of the earlier version and the start of this one */
async function prepare(t: TestContext, { name, open }: Engine, laterMs = 0) {
  const story = storyOf(name)
  const outside = await startOutside(t, story.at + laterMs)
  // Gateways do not respond to requests of the start until the test allows it.
  outside.respondWith('nothing')
  const opened = await open(t)
  for (const [column, from, to] of moved(story, outside))
    await opened.run(`update pushers set ${column} = replace(${column}, '${from}', '${to}')`)
  const belfry = await startBelfry(t, opened, outside)
  return { story, outside, opened, ...belfry }
}

const asMade = (value: unknown, { origin, otherOrigin }: Story, outside: Outside): unknown =>
  JSON.parse(
    JSON.stringify(value).replaceAll(outside.origin, origin).replaceAll(outside.otherOrigin, otherOrigin),
  )

/** The earlier version did not put aggregations (`m.relations`) into events. */
/** The default rule that is new since that commit, wherever a response has the default rules. */
const NEW_RULE = '.org.matrix.msc4028.encrypted_event'

function withoutNewRule(value: unknown) {
  let found = 0
  const data: unknown = JSON.parse(JSON.stringify(value), (key, part: unknown) => {
    if (key !== 'override' || !Array.isArray(part)) return part
    const at = part.findIndex((rule: { rule_id?: unknown }) => rule.rule_id === NEW_RULE)
    if (at < 0) return part
    found++
    return part.toSpliced(at, 1)
  })
  return { data, found }
}

/** The earlier version did not say which pushes arrived, and since when one is under way. */
function withoutArrivals(value: unknown) {
  let found = 0
  const data: unknown = JSON.parse(JSON.stringify(value), (key, part: unknown) => {
    if (key === 'sending_since') return undefined
    if (key !== 'arrival') return part
    found++
    return undefined
  })
  return { data, found }
}

function withoutAggregations(value: unknown) {
  const aggregations: Record<string, unknown>[] = []
  const data: unknown = JSON.parse(JSON.stringify(value), (key, part: Record<string, unknown>) => {
    if (key !== 'm.relations') return part
    aggregations.push(part)
    return undefined
  })
  return { data, aggregations }
}

type Engine = { name: string; open: (t: TestContext) => Promise<Opened> }

const cluster = clusterUrl()
const ENGINES: (Engine & { skip: string | false })[] = [
  { name: 'sqlite', open: openSqlite, skip: false },
  { name: 'postgres', open: openPostgres, skip: typeof cluster === 'string' ? false : cluster.missing },
]

for (const { skip, ...engine } of ENGINES)
  describe(`a database of commit 02eb4f8 on ${engine.name}`, { skip }, () => {
    test('opens with all accounts, rooms, messages, rules, pushers, read markers and counts', async (t) => {
      const { story, outside, opened, url } = await prepare(t, engine)
      let [arrivals, counted] = [0, 0]
      for (const [userId, token] of Object.entries(story.sessions)) {
        const { data: found, aggregations } = withoutAggregations(await userDataOf(url, { userId, token }))
        const { data: withRules, found: some } = withoutArrivals(found)
        arrivals += some
        counted += countsOfTheList(withRules as CountedData)
        const { data, found: newRules } = withoutNewRule(withRules)
        assert.ok(newRules > 0, userId)
        assert.deepEqual(asMade(data, story, outside), story.api[userId], userId)
        assert.deepEqual(
          aggregations.map((one) => [Object.keys(one), (one['m.thread'] as { count: number }).count]),
          aggregations.map(() => [['m.thread'], 1]),
        )
        assert.ok(aggregations.length > 0, userId)
      }
      assert.ok(arrivals > 0)
      assert.ok(counted > 0)
      const lanes = (await opened.run(
        `select url, destination from pushers inner join lanes on lane_id = pusher_id`,
      )) as { url: string | null; destination: string }[]
      assert.ok(lanes.length > 0)
      for (const { url: to, destination } of lanes)
        assert.equal(destination, to === null ? '' : new URL(to).origin)
    })

    test('sends all items of its three queues once: pokes in order, pushes, one mail', async (t) => {
      const { story, outside, opened, url, close } = await prepare(t, engine, 2 * MINUTE)
      const { clock, mail, fcm, received } = outside
      outside.respondWith(200)
      const wanted = wantedOf(story)
      await eventually(async () => {
        // The deadline of a push is measured with this clock, so no time passes during an attempt.
        if (await isAtRest(opened)) clock.advance(1000)
        return hasAll(sentOf(outside), wanted) && mail.mails.length > 0
      })
      const sessions = Object.entries(story.sessions)
      await eventually(async () => {
        const all = await Promise.all(sessions.map(([userId, token]) => userDataOf(url, { userId, token })))
        const states = all.flatMap(statesIn)
        const isDone = states.every(([, state, queued]) => queued === 0 && state !== 'retrying')
        return isDone && (await isAtRest(opened))
      })
      assert.deepEqual(sentOf(outside), wanted)
      assertDigest(mail.mails.map(({ parsed }) => parsed.text ?? ''))

      // No item is left that a later attempt would send again.
      const count = () => [received.length, fcm.seen.length, mail.mails.length]
      const before = count()
      await setPusherAnew(url, story, outside)
      for (let minutes = 0; minutes < 120; minutes += 5) {
        clock.advance(5 * MINUTE)
        await Promise.all(sessions.map(([, token]) => call(`${url}/_matrix/client/v3/pushers`, { token })))
      }
      await close()
      assert.deepEqual(count(), before)
      const [row] = (await opened.run('select max(pusher_id) as newest from pushers')) as {
        newest: unknown
      }[]
      const newestThen = Math.max(...story.pushers.map(({ pusherId }) => pusherId))
      assert.ok(Number(row?.newest) > newestThen + 1, 'the id of a deleted pusher is not reused')
    })
  })

/** Whether no attempt is in flight. */
async function isAtRest(opened: Opened): Promise<boolean> {
  // A lane without work can keep its lease.
  const [row] = (await opened.run(`select count(*) as sending from lanes where lease_owner is not null
    and (value_due > 0 or exists (select 1 from lane_items as i where i.lane_id = lanes.lane_id))`)) as {
    sending: unknown
  }[]
  return Number(row?.sending) === 0
}

type Sent = {
  /** The events by pushkey, in order. */
  pokes: Map<string, string[]>
  /** The paths of push services. */
  webPushes: string[]
  /** The pushkeys and events that the gateway has sent to FCM. */
  pushes: string[]
}

const isCall = (story: Story, eventId: string) =>
  story.waiting.some((one) => one.eventId === eventId && one.type === 'm.call.invite')

/** All waiting items, except the call, which has ended. */
function wantedOf(story: Story): Sent {
  const waiting = story.waiting.filter(({ eventId }) => !isCall(story, eventId))
  const pokes = waiting.filter(({ kind }) => kind === 'http')
  const browser = waiting.filter(({ kind }) => kind === 'webpush')
  return {
    pokes: new Map(
      [...Map.groupBy(pokes, ({ pushkey }) => pushkey)].map(([pushkey, some]) => [
        pushkey,
        some.map(({ eventId }) => eventId),
      ]),
    ),
    // The token of the unconfirmed browser.
    webPushes: [...browser.map(() => '/push/fay'), '/push/shy'].toSorted(),
    pushes: story.queued
      .filter(({ eventId }) => !isCall(story, eventId))
      .map(({ pushkey, eventId }) => `${pushkey} ${eventId}`)
      .toSorted(),
  }
}

function hasAll(sent: Sent, wanted: Sent): boolean {
  const isIn = (some: readonly string[], all: readonly string[]) => some.every((one) => all.includes(one))
  return (
    [...wanted.pokes].every(([pushkey, events]) => isIn(events, sent.pokes.get(pushkey) ?? [])) &&
    isIn(wanted.webPushes, sent.webPushes) &&
    sent.webPushes.length >= wanted.webPushes.length &&
    isIn(wanted.pushes, sent.pushes)
  )
}

function sentOf({ received, fcm }: Outside): Sent {
  const pokes = received.filter(({ path }) => path.endsWith('/notify'))
  return {
    pokes: new Map(
      [...Map.groupBy(pokes, ({ pushkey }) => pushkey ?? '')].map(([pushkey, some]) => [
        pushkey,
        some.map(({ eventId }) => eventId ?? 'a badge'),
      ]),
    ),
    webPushes: received
      .map(({ path }) => path)
      .filter((path) => path.startsWith('/push/'))
      .toSorted(),
    pushes: fcm.seen
      .map(({ token, message }) => `${token} ${message.data?.['event_id'] ?? 'a badge'}`)
      .toSorted(),
  }
}

type ShownPusher = {
  pushkey: string
  enabled: boolean
  activated?: boolean
  'org.belfry.status': { state: string; queued: number }
}

function statesIn({ pushers }: Record<string, unknown>): [string, string, number][] {
  return (pushers as { pushers: ShownPusher[] }).pushers.map((one) => {
    const { state, queued } = one['org.belfry.status']
    return [one.pushkey, state, queued]
  })
}

/** Checks that one mail contains each message of both rooms once. */
function assertDigest(texts: readonly string[]): void {
  const messages = ['dave is told of this one', 'this one arrives', 'one', 'two: fire!', 'three', 'four']
  const lines = texts.map((text) => text.split('\n').map((line) => line.trim()))
  assert.deepEqual(
    lines.map((some) => some.filter((line) => messages.includes(line))),
    [messages],
  )
}

async function setPusherAnew(url: string, { sessions }: Story, outside: Outside): Promise<void> {
  const [userId] = Object.keys(sessions).filter((one) => one.startsWith('@bob'))
  const token = sessions[userId ?? '']
  assert.ok(token)
  const body = {
    kind: 'http',
    app_id: 'org.example.app',
    pushkey: 'bobs-phone',
    app_display_name: 'Example',
    device_display_name: 'A device',
    lang: 'en',
    data: { url: `${outside.origin}/_matrix/push/v1/notify` },
  }
  const { status } = await call(`${url}/_matrix/client/v3/pushers/set`, { token, body })
  assert.equal(status, 200)
}
