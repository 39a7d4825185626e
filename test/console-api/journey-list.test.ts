import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listJourneys } from '../../src/console-api/journey-list.ts'
import type { JourneyFilter } from '../../src/console-api/journey-scan.ts'
import type { Database } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import { nextPositions } from '../../src/storage/stream.ts'
import { currentPosition } from '../support/current-position.ts'
import { alice, bob, carol, room1, setUp } from '../delivery/delivery-fixture.ts'
import { NOW, room, user } from '../notifications/fixture.ts'
import { onEachDatabase } from '../support/databases.ts'

const dave = user('dave')
const room2 = room('room2')

const list = (
  db: Database,
  filter: Partial<JourneyFilter> = {},
  more: { limit?: number; from?: number } = {},
) => db.snapshot((q) => listJourneys(q, { userId: bob, filter: { since: 0, ...filter }, limit: 50, ...more }))

onEachDatabase('the list of journeys', (open) => {
  test('has the messages of others since the join, and other events only if they notify', async (t) => {
    const { delivery } = await setUp(t, open)
    const { fixture, db } = delivery
    await fixture.join(room2, alice)
    await fixture.say(room2, alice, 'before the join')
    await fixture.join(room2, bob)
    const expected = [await fixture.say(room2, alice, 'one'), await fixture.say(room1, carol, 'two')]
    await fixture.say(room1, bob, 'an own message')
    await fixture.say(room('room3'), alice, 'in a room without bob')
    await fixture.send({ roomId: room1, sender: alice, type: 'm.reaction' })
    await fixture.send({ roomId: room1, sender: alice, type: 'm.room.topic', stateKey: '' })
    await fixture.join(room1, dave)
    expected.push(await fixture.say(room1, alice, 'hello bob', { 'm.mentions': { user_ids: [bob] } }))
    expected.push(
      await fixture.send({ roomId: room1, sender: alice, type: 'm.room.tombstone', stateKey: '' }),
    )
    const invitation = { roomId: room('room4'), userId: bob, by: alice, membership: 'invite' } as const
    expected.push(await fixture.setMember(invitation))
    const found = async (filter: Partial<JourneyFilter>) =>
      (await list(db, filter)).journeys.map(({ event_id: id }) => id)
    const ids = expected.map(({ eventId }) => eventId).toReversed()
    assert.deepEqual(await found({}), ids)
    assert.deepEqual(await found({ states: new Set(['waiting', 'held']) }), ids)
    assert.deepEqual(await found({ states: new Set(['waiting', 'sent']) }), ids)
    assert.deepEqual(await found({ roomId: room2 }), ids.slice(-1))
    assert.deepEqual(await found({ states: new Set(['waiting']), roomId: room2 }), ids.slice(-1))
    await fixture.setMember({ roomId: room2, userId: bob, membership: 'leave', before: 'join' })
    assert.deepEqual(await found({}), ids.slice(0, -1))
    assert.deepEqual(await found({ states: new Set(['waiting']) }), ids.slice(0, -1))
  })

  test('examines a limited number of events for a page and for the total', async (t) => {
    const { delivery } = await setUp(t, open)
    const { fixture, db } = delivery
    const first = await fixture.say(room1, alice, 'the only one with a device')
    await db.transaction(
      async (tx) => {
        const positions = await nextPositions(tx, 1200)
        const rows = positions.map((position, at) => ({ position, event_id: `$later-${at}` }))
        await tx.run(insertMessages, { rows })
      },
      { orderedBy: room1 },
    )
    const all = await list(db)
    assert.deepEqual([all.journeys.length, all.total, all.isBounded], [50, 1000, true])
    assert.equal(all.next, (await currentPosition(db)) - 49 * db.shards)
    const states = new Set(['waiting', 'sent'] as const)
    const pages = [await list(db, { states })]
    assert.deepEqual([pages[0]?.total, pages[0]?.isBounded], [0, true])
    for (let page = pages[0]; page?.next !== undefined; page = pages.at(-1))
      pages.push(await list(db, { states }, { from: page.next }))
    assert.deepEqual(
      pages.map(({ journeys }) => journeys.map(({ event_id: id }) => id)),
      [[], [], [first.eventId]],
    )
    const queued = await list(db, { states: new Set(['waiting']) })
    assert.deepEqual([queued.journeys.length, queued.total, queued.isBounded], [1, 1, false])
  })
})

const insertMessages = query<{ rows: readonly { position: number; event_id: string }[] }>()((db, p, d) =>
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
        .selectFrom(d.rows(p.rows, { position: 'integer', event_id: 'text' }).as('r'))
        .select(['r.position', 'r.event_id'])
        .select([
          d.text(room1).as('room_id'),
          d.text('m.room.message').as('type'),
          d.text(alice).as('sender'),
        ])
        .select([
          d.integer(NOW).as('at'),
          d.text('{}').as('content'),
          d.text('main').as('thread_id'),
        ]) as never,
    ),
)
