import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalBus } from '../../../src/cluster/bus.ts'
import { longPoll, type Poll } from '../../../src/rooms/sync/long-poll.ts'
import { createWakes, type Wakes } from '../../../src/rooms/sync/wake-queue.ts'
import type { Database } from '../../../src/storage/database.ts'
import type { Queries } from '../../../src/storage/query.ts'
import { redactEvent } from '../../../src/rooms/redact.ts'
import { latestInRooms } from '../../../src/rooms/timeline-store.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { bodies, deviceOf, type SyncFixture, createSyncFixture, manualClock, user } from '../sync-fixture.ts'

const alice = user('alice')
const NAMES = Array.from({ length: 40 }, (_, at) => `member-${at}`)
const WAIT_MS = 30_000

/** Wraps a database and records each of its queries in `made`. */
function recording(db: Database, made: unknown[]): Database {
  const of = <Q extends Pick<Database, 'all' | 'first' | 'run'>>(q: Q): Q => ({
    ...q,
    all(query, params) {
      made.push(query)
      return q.all(query, params)
    },
    first(query, params) {
      made.push(query)
      return q.first(query, params)
    },
    run(query, params) {
      made.push(query)
      return q.run(query, params)
    },
  })
  return { ...of(db), snapshot: (work) => db.snapshot((read) => work(of(read))) }
}

async function untilAsleep(fixture: SyncFixture, count: number): Promise<void> {
  while (fixture.clock.sleepers() < count)
    await fixture.clock.asleep(WAIT_MS).then(() => new Promise(setImmediate))
}

onEachDatabase('a message in a room whose members wait in /sync', (open) => {
  test('is read once for all members with the same filter, and each response has the counts and transaction ids of its user', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', ...NAMES])
    const roomId = await fixture.create(alice)
    for (const name of NAMES) await fixture.join(roomId, user(name))
    const { next_batch: since } = await fixture.sync(alice)
    await fixture.say(roomId, alice, `hello @member-1:localhost member-1`, {
      'm.mentions': { user_ids: [user('member-1')] },
    })
    const made: unknown[] = []
    fixture.reads.db = recording(fixture.db, made)
    const narrow = { filter: { room: { timeline: { limit: 1 } } } }
    const responses = await Promise.all([
      ...NAMES.map((name) => fixture.sync(user(name), since)),
      fixture.sync(alice, since),
      ...NAMES.slice(0, 3).map((name) => fixture.sync(user(name), since, narrow)),
    ])
    assert.equal(made.filter((query) => query === latestInRooms).length, 2, 'once for each filter')
    const rooms = responses.map(({ rooms: { join } }) => join[roomId])
    for (const room of rooms) assert.equal(bodies(room?.timeline.events ?? []).length, 1)
    const highlights = rooms.map((room) => room?.unread_notifications.highlight_count)
    assert.equal(highlights[1], 1)
    assert.equal(highlights[2], 0)
    const own = rooms[NAMES.length]?.timeline.events.at(-1)
    assert.ok(own?.unsigned['transaction_id'], 'the sender receives the transaction id')
    assert.equal(rooms[0]?.timeline.events.at(-1)?.unsigned['transaction_id'], undefined)
  })

  test('a shared result is not used after a later event such as a redaction', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, user('bob'))
    const { next_batch: since } = await fixture.sync(alice)
    const eventId = await fixture.say(roomId, alice, 'a secret')
    const before = await fixture.sync(user('bob'), since)
    assert.deepEqual(bodies(before.rooms.join[roomId]?.timeline.events ?? []), ['a secret'])
    const transaction = { deviceId: deviceOf(alice), txnId: 'r' }
    await redactEvent(fixture.rooms, { roomId, sender: alice, eventId, content: {}, transaction })
    const after = await fixture.sync(user('bob'), since)
    assert.deepEqual(bodies(after.rooms.join[roomId]?.timeline.events ?? []), [undefined])
  })

  test('a shared result is not sent to a new member who cannot see the history', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await fixture.create(alice)
    await fixture.set(roomId, alice, 'm.room.history_visibility', { history_visibility: 'joined' })
    await fixture.join(roomId, user('bob'))
    const { next_batch: since } = await fixture.sync(alice)
    await fixture.say(roomId, alice, 'before Carol came')
    await fixture.join(roomId, user('carol'))
    const bob = await fixture.sync(user('bob'), since)
    assert.deepEqual(bodies(bob.rooms.join[roomId]?.timeline.events ?? []), ['before Carol came'])
    const carol = await fixture.sync(user('carol'), since)
    assert.deepEqual(bodies(carol.rooms.join[roomId]?.timeline.events ?? []), [])
  })

  test('costs at most six statements for each member, and the event loop runs between the responses', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', ...NAMES])
    const roomId = await fixture.create(alice)
    for (const name of NAMES) await fixture.join(roomId, user(name))
    const { next_batch: since } = await fixture.sync(alice)
    const made: unknown[] = []
    fixture.reads.db = recording(fixture.db, made)
    const served: string[] = []
    const waits = NAMES.map(async (name) => {
      await fixture.sync(user(name), since, { timeoutMs: WAIT_MS })
      served.push(name)
    })
    await untilAsleep(fixture, NAMES.length)
    made.length = 0
    await fixture.say(roomId, alice, 'hello')
    let turns = 0
    while (served.length < NAMES.length) {
      await new Promise(setImmediate)
      turns++
    }
    await Promise.all(waits)
    assert.ok(made.length <= 6 * NAMES.length, `${made.length / NAMES.length} statements for each`)
    assert.ok(turns >= NAMES.length / 8, `${turns} turns of the event loop for ${NAMES.length} responses`)
  })
})

test('wakes run in order, eight in a snapshot and four snapshots at the same time, and the event loop has a turn between them', async () => {
  const snapshots: number[] = []
  const most = { snapshots: 0, works: 0 }
  const open = { snapshots: 0, works: 0 }
  const begin = (what: 'snapshots' | 'works') => {
    most[what] = Math.max(most[what], ++open[what])
  }
  const wakes = createWakes({
    async snapshot(work) {
      begin('snapshots')
      snapshots.push(open.works)
      const value = await work({} as Queries)
      open.snapshots--
      return value
    },
  })
  const begun: number[] = []
  let turns = 0
  let isOver = false
  const all = Promise.all(
    Array.from({ length: 100 }, (_, at) =>
      wakes
        .inTurn(async () => {
          begun.push(at)
          begin('works')
          await Promise.resolve()
          open.works--
          if (at % 10 === 5) throw new Error('the client disconnected')
        })
        .catch(() => undefined),
    ),
  ).then(() => (isOver = true))
  while (!isOver) {
    await new Promise(setImmediate)
    turns++
  }
  await all
  assert.deepEqual(
    begun,
    Array.from({ length: 100 }, (_, at) => at),
  )
  assert.deepEqual(most, { snapshots: 4, works: 8 })
  // Four of one wake each, which began at once, and twelve of eight.
  assert.equal(snapshots.length, 16)
  assert.ok(turns >= 3, `${turns} turns`)
})

test('wakes whose snapshot fails are rejected, and later ones run', async () => {
  let isBroken = true
  const wakes = createWakes({
    async snapshot(work) {
      if (isBroken) throw new Error('the database is unreachable')
      return work({} as Queries)
    },
  })
  const failed = await Promise.allSettled(Array.from({ length: 20 }, () => wakes.inTurn(async () => 1)))
  assert.ok(failed.every(({ status }) => status === 'rejected'))
  isBroken = false
  assert.deepEqual(await Promise.all([1, 2, 3].map((at) => wakes.inTurn(async () => at))), [1, 2, 3])
})

test('a woken poll whose rooms changed, also during an attempt, subscribes to them before the turn in whose snapshot it reads', async () => {
  const [clock, bus] = [manualClock(), createLocalBus()]
  const steps: string[] = []
  const db = {
    all: async () => {
      steps.push('rooms')
      return []
    },
  } as unknown as Queries
  const wakes: Wakes = {
    asleep: 0,
    inTurn(work) {
      steps.push('turn')
      return work()
    },
  }
  const poll: Poll<string, string | undefined> = {
    viewer: { userId: alice, deviceId: null },
    timeoutMs: WAIT_MS,
    signal: new AbortController().signal,
    topics: [],
    watches: () => true,
    async attempt({ isWoken }) {
      const isFirstTurn = isWoken && !steps.slice(0, -1).includes('turn')
      steps.push('attempt')
      if (isFirstTurn) bus.publish(`user:${alice}`)
      return { value: 'found', news: isWoken && !isFirstTurn }
    },
    respond: (value) => value,
    [Symbol.dispose]: () => undefined,
  }
  const response = longPoll({ db, bus, clock, wakes }, poll)
  await clock.asleep()
  bus.publish(`user:${alice}`)
  assert.equal(await response, 'found')
  const inTurn = ['rooms', 'turn', 'attempt']
  assert.deepEqual(steps, ['attempt', 'rooms', 'attempt', ...inTurn, ...inTurn])
})
