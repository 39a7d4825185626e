import { someone } from '../support/take-position.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../../src/lib/clock.ts'
import type { RoomId } from '../../src/lib/ids.ts'
import { query } from '../../src/storage/query.ts'
import { nextPositions } from '../../src/storage/stream.ts'
import { room } from '../notifications/fixture.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import {
  alice,
  untilIdle,
  bob,
  bodies,
  isBadge,
  room1,
  setUp,
  type DeliveryFixture,
} from './delivery-fixture.ts'

const DAY_MS = 86_400_000
const room2 = room('room2')
const room3 = room('room3')

type Copy = { position: number; event_id: string }
const copyEvent = query<{ of: number; copies: readonly Copy[] }>()((db, p, d) =>
  db
    .insertInto('events')
    .columns([
      'position',
      'event_id',
      'room_id',
      'type',
      'sender',
      'origin_server_ts',
      'content',
      'thread_id',
    ])
    .expression(
      db
        .selectFrom('events as e')
        .innerJoin(d.rows(p.copies, { position: 'integer', event_id: 'text' }).as('r'), (join) =>
          join.onTrue(),
        )
        .where('e.position', '=', p.of)
        .select(['r.position', 'r.event_id', 'e.room_id', 'e.type', 'e.sender', 'e.origin_server_ts'])
        .select(['e.content', 'e.thread_id']) as never,
    ),
)
const enqueueAll = query<{ from: number; to: number }>()((db, p) =>
  db
    .insertInto('lane_items')
    .columns(['lane_id', 'position', 'created_at'])
    .expression(
      db
        .selectFrom(['events as e', 'pushers as p'])
        .where('e.position', '>=', p.from)
        .where('e.position', '<=', p.to)
        .select(['p.pusher_id', 'e.position', 'e.origin_server_ts']),
    ),
)

/** Adds copies of a message and queues them. */
async function queueCopies(delivery: DeliveryFixture, of: number, times: number): Promise<void> {
  await delivery.db.transaction(
    async (tx) => {
      const positions = await nextPositions(tx, times)
      const copies = positions.map((position, n) => ({ position, event_id: `$copy-${n}` }))
      await tx.run(copyEvent, { of, copies })
      await tx.run(enqueueAll, { from: positions[0] ?? 0, to: positions.at(-1) ?? 0 })
    },
    { orderedBy: someone },
  )
}

const isFailing = (delivery: DeliveryFixture) => () =>
  delivery.reported.some(({ event }) => event === 'pusherFailing')

async function sayIn(delivery: DeliveryFixture, roomId: RoomId, body: string): Promise<number> {
  return (await delivery.fixture.say(roomId, alice, body)).position
}

async function joinRoom(delivery: DeliveryFixture, roomId: RoomId): Promise<void> {
  await delivery.fixture.join(roomId, alice)
  await delivery.fixture.join(roomId, bob)
}

const skips = (delivery: DeliveryFixture) =>
  delivery.reported
    .filter(({ event }) => event === 'pokeSkipped')
    .map(({ fields }) => [fields['reason'], fields['count']])

const sleepOf =
  ({ clock }: DeliveryFixture): Clock['sleep'] =>
  (ms, signal) =>
    clock.sleep(ms, signal)

/** A clock whose `now()` is wrong by `by` milliseconds. Its sleeps have the right length. */
function wrongClock(delivery: DeliveryFixture): Clock & { by: number } {
  const clock = { by: 0, now: () => delivery.clock.now() + clock.by, sleep: sleepOf(delivery) }
  return clock
}

onEachDatabase('delivery after an outage', (open) => {
  test('reduces ten thousand notifications to the newest unread event of each room and one correct badge', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    for (const roomId of [room2, room3]) await joinRoom(delivery, roomId)
    gateway.respondWith({ status: 502 })
    await using _worker = await delivery.start()
    const first = await delivery.say(alice, 'first')
    await eventually(isFailing(delivery))
    await queueCopies(delivery, first, 9994)
    await sayIn(delivery, room2, 'old in room 2')
    await sayIn(delivery, room3, 'older in room 3')
    const read = await sayIn(delivery, room3, 'newest in room 3')
    await sayIn(delivery, room2, 'newest in room 2')
    await delivery.say(alice, 'newest in room 1')
    await delivery.fixture.read({ userId: bob, roomId: room3, threadId: '', position: read })
    assert.equal(await delivery.queued(), 10_000)

    gateway.respondWith({})
    gateway.pokes.length = 0
    delivery.clock.advance(1000)
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['newest in room 2', 'newest in room 1'])
    assert.deepEqual(
      gateway.pokes.map(({ counts }) => counts?.unread),
      [2, 2],
    )
    assert.equal(gateway.pokes.filter(isBadge).length, 0, 'the badge was delivered with the events')
    assert.deepEqual(skips(delivery), [
      ['read', 2],
      ['collapsed', 9996],
    ])
    await delivery.say(alice, 'next')
    await gateway.waitFor((poke) => poke.content?.['body'] === 'next')
  })

  test('selects the event of a room when it is sent: after its thread was read, the next event of the room', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    gateway.respondWith({ status: 502 })
    await using _worker = await delivery.start()
    for (let n = 0; n < 30; n++) await delivery.say(alice, `m${n}`)
    await eventually(isFailing(delivery))
    const content = { msgtype: 'm.text', body: 'in the thread' }
    const thread = await delivery.fixture.send({ roomId: room1, sender: alice, content, threadId: '$root' })
    const redacted = await delivery.say(alice, 'redacted')
    delivery.clock.advance(1000)
    await eventually(() => gateway.pokes.length === 2)
    assert.deepEqual(bodies(gateway.pokes), ['m0', 'redacted'])
    await eventually(async () => (await delivery.pusherRows())[0]?.attempts === 2)
    assert.equal(await delivery.queued(), 32, 'no item is removed while no poke is delivered')
    await delivery.fixture.redact(room1, redacted)
    await delivery.fixture.read({
      userId: bob,
      roomId: room1,
      threadId: '$root',
      position: thread.position,
    })
    gateway.respondWith({})
    delivery.clock.advance(2000)
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes).slice(2), ['m29'])
  })

  test('reduces the backlog also when a call arrives during the outage', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    gateway.respondWith({ status: 502 })
    await using _worker = await delivery.start()
    for (let n = 0; n < 30; n++) await delivery.say(alice, `m${n}`)
    await eventually(isFailing(delivery))
    await delivery.fixture.send({
      roomId: room1,
      sender: alice,
      type: 'm.call.invite',
      content: { body: 'call' },
    })
    gateway.respondWith({})
    gateway.pokes.length = 0
    delivery.clock.advance(1000)
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['call', 'm29'])
  })

  test('reduces the backlog after a day without the gateway, and keeps the pusher', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await joinRoom(delivery, room2)
    gateway.respondWith({ status: 502 })
    await using _worker = await delivery.start()
    for (let n = 0; n < 30; n++) await delivery.say(alice, `m${n}`)
    await sayIn(delivery, room2, 'newest in room 2')
    await eventually(isFailing(delivery))
    const since = delivery.clock.now()
    delivery.clock.advance(DAY_MS - 1)
    await eventually(async () => (await delivery.pusherRows())[0]?.attempts === 2)
    assert.equal(await delivery.queued(), 31)
    delivery.clock.advance(DAY_MS)
    await eventually(async () => (await delivery.pusherRows())[0]?.attempts === 3)
    assert.equal(await delivery.queued(), 2)
    assert.equal((await delivery.pusherRows())[0]?.failing_since, since)
    gateway.respondWith({})
    gateway.pokes.length = 0
    delivery.clock.advance(DAY_MS)
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['m29', 'newest in room 2'])
    assert.equal((await delivery.pusherRows())[0]?.failing_since, null)
  })

  test('continues when the clock is set back by a year', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const clock = wrongClock(delivery)
    gateway.respondWith({ status: 502 })
    await using _worker = await delivery.start({ clock })
    await delivery.say(alice, 'one')
    await eventually(async () => (await delivery.pusherRows())[0]?.attempts === 1)
    gateway.respondWith({})
    clock.by = -365 * DAY_MS
    await eventually(() => {
      delivery.clock.advance(1000)
      return gateway.pokes.length === 2
    })
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['one', 'one'])
  })

  test('makes one attempt for each pusher when the clock jumps ahead by a year', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const clock = wrongClock(delivery)
    gateway.respondWith({ status: 502 })
    await using _worker = await delivery.start({ clock })
    await delivery.say(alice, 'one')
    await eventually(async () => (await delivery.pusherRows())[0]?.attempts === 1)
    clock.by = 365 * DAY_MS
    delivery.clock.advance(1000)
    await eventually(async () => (await delivery.pusherRows())[0]?.attempts === 2)
    const [row] = await delivery.pusherRows()
    assert.equal(row?.next_attempt_at, clock.now() + 2000)
    assert.equal(gateway.pokes.length, 2)
  })
})
