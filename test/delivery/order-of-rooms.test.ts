import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import type { HeadParams, HeadRow } from '../../src/delivery/head-store.ts'
import { pokeHeads, pokesFollowing } from '../../src/notifications/recipient-facts.ts'
import { type Queries, query } from '../../src/storage/query.ts'
import { room } from '../notifications/fixture.ts'
import { eventually } from '../support/eventually.ts'
import type { PokeResponse } from '../support/poke-receiver.ts'
import { onShards, type Sharded } from '../support/sharded.ts'
import { alice, bob, bodies, room1, setUp, untilIdle } from './delivery-fixture.ts'

// Positions of several shards become visible in any order. Each test commits an event with a lower position
// than one that a look has seen, and a later event of its room, while the look goes on.

const SHARDS = 16
const other = room('other')

type Open = (t: TestContext, shards: number) => Promise<Sharded>

/** The next position has this number in the sequence. */
const setSequence = query<{ value: number }>()((db, p, d) =>
  db.selectNoFrom(sql`setval('stream_positions', ${d.integer(p.value)}, false)`.as('value')),
)

/** Bob has a pusher, and is in two rooms of different shards. */
async function inTwoRooms(t: TestContext, open: Open) {
  const { delivery, gateway } = await setUp(t, async () => (await open(t, SHARDS)).db)
  const { fixture, db } = delivery
  const joins = [await fixture.join(room1, bob), await fixture.join(other, bob)]
  assert.equal(new Set(joins.map(({ position }) => position % SHARDS)).size, 2, 'the rooms are in two shards')
  await fixture.join(other, alice)
  const from = async (value: number) => void (await db.all(setSequence, { value }))
  const read = (position: number) => fixture.read({ userId: bob, roomId: room1, threadId: '', position })
  const call = (roomId: typeof room1, body: string) =>
    fixture.send({ roomId, sender: alice, type: 'm.call.invite', content: { body } })
  return {
    delivery,
    gateway,
    from,
    read,
    call,
    /** Two messages, or calls, of the other room: one before, and one after the position `11_000`. */
    sendInOther: async (send = (body: string) => fixture.say(other, alice, body)) => {
      await from(5_000)
      await send('earlier in the other room')
      await from(11_200)
      await send('later in the other room')
    },
  }
}

/** Calls `between` after the first read of heads with `isWanted`, before its rows are used. */
function afterHeads(isWanted: (row: HeadRow) => boolean, between: () => Promise<void>) {
  let isDone = false
  return async (q: Queries, params: HeadParams): Promise<readonly HeadRow[]> => {
    const rows = await pokeHeads(q, params)
    if (isDone || !rows.some(isWanted)) return rows
    isDone = true
    await between()
    return rows
  }
}

const IN_ORDER = ['earlier in the other room', 'later in the other room']

onShards('the order of pokes for each room, with several shards', (open) => {
  test('is kept when the events are committed after the look has skipped a later event of another room', async (t) => {
    const { delivery, gateway, from, read, sendInOther } = await inTwoRooms(t, open)
    await from(11_000)
    const position = await delivery.say(alice, 'read')
    await read(position)
    const readHeads = afterHeads((row) => row.position === position, sendInOther)
    await using _worker = await delivery.start({ readHeads })
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), IN_ORDER)
  })

  test('is kept when they are committed before the look reads what is behind the skipped event', async (t) => {
    const { delivery, gateway, from, read, sendInOther } = await inTwoRooms(t, open)
    await from(11_000)
    await read(await delivery.say(alice, 'read'))
    await from(11_500)
    await delivery.say(alice, 'next')
    let reads = 0
    await using _worker = await delivery.start({
      async readFollowing(q, params) {
        if (reads++ === 0) await sendInOther()
        return pokesFollowing(q, params)
      },
    })
    await untilIdle(delivery)
    assert.ok(reads > 0)
    assert.deepEqual(bodies(gateway.pokes), [...IN_ORDER, 'next'])
  })

  test('is kept when they are committed while an event is sent and the next ones are read', async (t) => {
    const { delivery, gateway, from, sendInOther } = await inTwoRooms(t, open)
    const { promise: responseToFirst, resolve: respond } = Promise.withResolvers<PokeResponse>()
    gateway.respondWith((poke) => (poke.content?.['body'] === 'first' ? responseToFirst : {}))
    await from(11_000)
    await delivery.say(alice, 'first')
    await from(11_100)
    await delivery.say(alice, 'next')
    const [allSent, hasLooked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    await using _worker = await delivery.start({
      async readFollowing(q, params) {
        await allSent.promise
        const rows = await pokesFollowing(q, params)
        hasLooked.resolve()
        return rows
      },
    })
    await gateway.waitFor((poke) => poke.content?.['body'] === 'first')
    await sendInOther()
    allSent.resolve()
    await hasLooked.promise
    respond({})
    await untilIdle(delivery)
    const [earlier, later] = IN_ORDER
    assert.deepEqual(bodies(gateway.pokes), ['first', earlier, 'next', later])
  })

  test('is kept when they are committed after a backlog was found to be read', async (t) => {
    const { delivery, gateway, from, read, sendInOther } = await inTwoRooms(t, open)
    gateway.respondWith({ status: 502 })
    await from(10_000)
    await delivery.say(alice, 'fails')
    let [newest, isSent] = [Infinity, false]
    await using _worker = await delivery.start({
      async readHeads(q, params) {
        // The heads behind the plan. Those of a single event have no calls.
        const isBehind = params.items.some((item) => item.after >= newest && item.urgent_after === 0)
        if (isBehind && !isSent) {
          isSent = true
          await sendInOther()
        }
        return pokeHeads(q, params)
      },
    })
    await eventually(() => delivery.reported.some(({ event }) => event === 'pusherFailing'))
    for (let n = 0; n < 30; n++) newest = await delivery.say(alice, `message ${n}`)
    await read(newest)
    gateway.pokes.length = 0
    gateway.respondWith({})
    delivery.clock.advance(1000)
    await untilIdle(delivery)
    assert.ok(isSent)
    assert.deepEqual(bodies(gateway.pokes), IN_ORDER)
  })

  test('is kept for calls when they are committed after the look has skipped a call that is over', async (t) => {
    const { delivery, gateway, from, call, sendInOther } = await inTwoRooms(t, open)
    await from(11_000)
    const { position } = await call(room1, 'over')
    delivery.clock.advance(61_000)
    const send = (body: string) => call(other, body)
    const readHeads = afterHeads(
      (row) => row.position === position,
      () => sendInOther(send),
    )
    await using _worker = await delivery.start({ readHeads })
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), IN_ORDER)
  })
})
