import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceId, RoomId, UserId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { insertAlias } from '../../src/rooms/alias-store.ts'
import { clientEvents } from '../../src/rooms/client-events.ts'
import { findEvent } from '../../src/rooms/event-store.ts'
import { inviteUser, joinRoom } from '../../src/rooms/membership.ts'
import { sendMessage } from '../../src/rooms/send-event.ts'
import type { Database, Transaction, TransactionOptions } from '../../src/storage/database.ts'
import { nextPositions } from '../../src/storage/stream.ts'
import { currentPosition } from '../support/current-position.ts'
import { onEachDatabase } from '../support/databases.ts'
import {
  alice,
  bob,
  eventsOf,
  laptop,
  createRoomsFixture,
  phone,
  publicRoom,
  refusal,
  say,
  setState,
  START,
  stateOf,
  type RoomsFixture,
} from './fixture.ts'

const forbidden = refusal(403, 'M_FORBIDDEN')

function send(
  fixture: RoomsFixture,
  roomId: RoomId,
  { sender = alice, device = phone, txnId = '1', type = 'm.room.message', body = 'hi' } = {} as {
    sender?: UserId
    device?: DeviceId
    txnId?: string
    type?: string
    body?: string
  },
) {
  return sendMessage(fixture, {
    roomId,
    sender,
    type,
    content: { body },
    transaction: { deviceId: device, txnId },
  })
}

/** Wraps a database and counts the statements of its transactions. */
function counting(db: Database): { db: Database; count: () => number } {
  let statements = 0
  const counted = (tx: Transaction): Transaction => ({
    shard: tx.shard,
    inAllShards: tx.inAllShards,
    waits: tx.waits,
    all(query, params) {
      statements++
      return tx.all(query, params)
    },
    first(query, params) {
      statements++
      return tx.first(query, params)
    },
    run(query, params) {
      statements++
      return tx.run(query, params)
    },
    write(query, params, onCommit) {
      statements++
      tx.write(query, params, onCommit)
    },
    writeLast(query, userIds, onCommit) {
      statements++
      tx.writeLast(query, userIds, onCommit)
    },
    usePosition: (position) => tx.usePosition(position),
    onCommit: (then) => tx.onCommit(then),
  })
  const wrapped: Database = Object.create(db, {
    transaction: {
      value: (work: (tx: Transaction) => Promise<never>, options: TransactionOptions) =>
        db.transaction((tx) => work(counted(tx)), options),
    },
  })
  return { db: wrapped, count: () => statements }
}

onEachDatabase('sending a message', (open) => {
  test('the ids of events begin with their time, and differ at the same time', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const one = await say(fixture, roomId, alice, 'one')
    const two = await say(fixture, roomId, alice, 'two')
    fixture.advance(1)
    const later = await say(fixture, roomId, alice, 'later')
    assert.notEqual(one, two)
    assert.equal(one.slice(0, 10), two.slice(0, 10))
    assert.ok(later.slice(0, 10) > one.slice(0, 10))
  })

  test('stores the event with its content and the time of the clock', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    fixture.advance(5000)
    const eventId = await send(fixture, roomId, { body: 'häßlich 🔔' })
    assert.match(eventId, /^\$[A-Za-z0-9_-]{43}$/)
    const event = await findEvent(fixture.db, eventId)
    assert.deepEqual(event?.content, { body: 'häßlich 🔔' })
    assert.equal(event.originServerTs, START + 5000)
    assert.deepEqual([event.threadId, event.stateKey, event.sender], ['main', null, alice])
  })

  test('a repeated transaction id of the same device, room and type returns the first event', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    await joinRoom(fixture, { roomId, userId: bob })
    const first = await send(fixture, roomId, { body: 'one' })
    assert.equal(await send(fixture, roomId, { body: 'two' }), first)
    const others = await Promise.all([
      send(fixture, roomId, { device: laptop }),
      send(fixture, roomId, { txnId: '2' }),
      send(fixture, roomId, { type: 'm.sticker' }),
      send(fixture, roomId, { sender: bob }),
      send(fixture, await publicRoom(fixture)),
    ])
    assert.equal(new Set([first, ...others]).size, 6)
    assert.deepEqual((await findEvent(fixture.db, first))?.content, { body: 'one' })
  })

  test('parallel requests with the same transaction id create one event', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const before = (await fixture.db.all(eventsOf, { roomId })).length
    const ids = await Promise.all(Array.from({ length: 10 }, () => send(fixture, roomId)))
    assert.equal(new Set(ids).size, 1)
    assert.equal((await fixture.db.all(eventsOf, { roomId })).length, before + 1)
  })

  test('the transaction id is visible to the sending device only', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const event = await findEvent(fixture.db, await send(fixture, roomId))
    const seenBy = async (userId: UserId, deviceId: DeviceId) => {
      const options = { viewer: { userId, deviceId }, now: START + 7 }
      const [seen] = await clientEvents(fixture.db, event ? [event] : [], options)
      return seen?.['unsigned'] as JsonObject
    }
    assert.deepEqual(await seenBy(alice, phone), { age: 7, transaction_id: '1' })
    assert.deepEqual(await seenBy(alice, laptop), { age: 7 })
    assert.deepEqual(await seenBy(bob, phone), { age: 7 })
  })

  test('waiting syncs wake up after the commit, once for each message', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    let woken = 0
    fixture.bus.subscribe([`room:${roomId}`], () => woken++)
    await send(fixture, roomId)
    await send(fixture, roomId)
    assert.equal(woken, 1, 'a repeated request causes no wake-up')
    await assert.rejects(send(fixture, roomId, { sender: bob }), forbidden)
    assert.equal(woken, 1)
  })

  test('a sender who is not joined, and a room that does not exist, are refused', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    await assert.rejects(send(fixture, roomId, { sender: bob }), forbidden)
    await inviteUser(fixture, { roomId, sender: alice, target: bob })
    await assert.rejects(send(fixture, roomId, { sender: bob }), forbidden)
    await assert.rejects(send(fixture, '!nowhere' as RoomId), forbidden)
  })

  test('content that is too large or not canonical JSON is refused, and nothing is written', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const before = (await fixture.db.all(eventsOf, { roomId })).length
    const sendContent = (content: JsonObject) => say(fixture, roomId, alice, content)
    await assert.rejects(sendContent({ body: 'x'.repeat(65_536) }), refusal(413, 'M_TOO_LARGE'))
    await assert.rejects(sendContent({ n: 1.5 }), refusal(400, 'M_BAD_JSON'))
    await assert.rejects(sendContent({ a: [{ n: 2 ** 53 }] }), refusal(400, 'M_BAD_JSON'))
    await assert.rejects(send(fixture, roomId, { type: '' }), refusal(400, 'M_INVALID_PARAM'))
    await assert.rejects(send(fixture, roomId, { type: 'ä'.repeat(128) }), refusal(400, 'M_INVALID_PARAM'))
    await sendContent({ body: 'x'.repeat(65_000), n: -(2 ** 53) + 1 })
    assert.equal((await fixture.db.all(eventsOf, { roomId })).length, before + 1)
  })

  test('create, member and redaction events without redacts are refused as messages', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    for (const type of ['m.room.create', 'm.room.member'])
      await assert.rejects(send(fixture, roomId, { type }), forbidden, type)
    await assert.rejects(send(fixture, roomId, { type: 'm.room.redaction' }), refusal(400, 'M_INVALID_PARAM'))
  })

  test('a relation to an event in a thread is in that thread, and an invalid thread root is refused', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const relating = (rel_type: string, event_id: string) =>
      say(fixture, roomId, alice, { 'm.relates_to': { rel_type, event_id } })
    const threadOf = async (sent: Promise<string>) =>
      (await findEvent(fixture.db, (await sent) as never))?.threadId
    const root = await say(fixture, roomId, alice, 'root')
    const reply = await relating('m.thread', root)
    assert.equal((await findEvent(fixture.db, reply))?.threadId, root)
    assert.equal(await threadOf(relating('m.replace', reply)), root)
    assert.equal(await threadOf(relating('m.annotation', reply)), root)
    assert.equal(await threadOf(relating('m.annotation', root)), 'main')
    assert.equal(await threadOf(relating('m.reference', '$unknown')), 'main')
    const rich = { 'm.relates_to': { 'm.in_reply_to': { event_id: reply } } }
    const response = await say(fixture, roomId, alice, rich)
    assert.equal((await findEvent(fixture.db, response))?.threadId, 'main')
    assert.equal(await threadOf(relating('m.thread', response)), response)
    const refused = refusal(400, 'M_UNKNOWN')
    await assert.rejects(relating('m.thread', reply), refused)
    await assert.rejects(relating('m.thread', await relating('m.annotation', root)), refused)
    await assert.rejects(relating('m.thread', '$unknown'), refused)
    const inOtherRoom = await say(fixture, await publicRoom(fixture), alice, 'other room')
    await assert.rejects(relating('m.thread', inOtherRoom), refused)
  })

  test('messages and other changes of a room take positions in turn from one counter, which the last of them is read from', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const start = await currentPosition(fixture.db)
    const taken = []
    for (const body of ['one', 'two']) {
      const eventId = await say(fixture, roomId, alice, body)
      taken.push((await findEvent(fixture.db, eventId))?.position, await currentPosition(fixture.db))
      taken.push(
        await fixture.db.transaction(async (tx) => (await nextPositions(tx, 2))[0], { orderedBy: roomId }),
        await currentPosition(fixture.db),
      )
    }
    assert.deepEqual(
      taken.map((position) => ((position ?? 0) - start) / fixture.db.shards),
      [1, 1, 2, 3, 4, 4, 5, 6],
    )
  })

  test('a message in a room with readers costs four statements: room, event, outcome and read position of the sender', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    await joinRoom(fixture, { roomId, userId: bob })
    await say(fixture, roomId, alice, 'warm')
    const { db, count } = counting(fixture.db)
    await say({ ...fixture, db }, roomId, alice, 'hello there')
    assert.equal(count(), 4)
  })
})

onEachDatabase('sending a state event', (open) => {
  const name = (text: string) => ({ type: 'm.room.name', content: { name: text } })

  test('setting the current content again returns the existing event', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const first = await setState(fixture, roomId, alice, name('A'))
    assert.equal(await setState(fixture, roomId, alice, name('A')), first)
    const second = await setState(fixture, roomId, alice, name('B'))
    assert.notEqual(second, first)
    const event = await findEvent(fixture.db, second)
    assert.equal(event?.replacesEventId, first)
    const options = { viewer: { userId: bob, deviceId: phone }, now: START }
    const [seen] = await clientEvents(fixture.db, event ? [event] : [], options)
    assert.deepEqual(seen?.['unsigned'], { age: 0, replaces_state: first, prev_content: { name: 'A' } })
    assert.deepEqual(await stateOf(fixture, roomId, 'm.room.name'), { name: 'B' })
    assert.notEqual(await setState(fixture, roomId, alice, name('A')), first)
  })

  test('content is compared by keys and values, in any order of keys', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const set = (content: JsonObject) =>
      setState(fixture, roomId, alice, { type: 'x', stateKey: 'k', content })
    const first = await set({ a: 1, b: { c: 2, d: [1] } })
    assert.equal(await set({ b: { d: [1], c: 2 }, a: 1 }), first)
    assert.notEqual(await set({ a: 1, b: { c: 2, d: [1, 1] } }), first)
  })

  test('a sender without the level is refused, even when the content would not change', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    await setState(fixture, roomId, alice, name('A'))
    await joinRoom(fixture, { roomId, userId: bob })
    await assert.rejects(setState(fixture, roomId, bob, name('A')), forbidden)
    for (const type of ['m.room.create', 'm.room.third_party_invite'])
      await assert.rejects(setState(fixture, roomId, alice, { type, content: {} }), forbidden)
    const redaction = { type: 'm.room.redaction', content: { redacts: '$x' } }
    await assert.rejects(setState(fixture, roomId, alice, redaction), refusal(400, 'M_INVALID_PARAM'))
    const long = { type: 'x', stateKey: 'k'.repeat(256), content: {} }
    await assert.rejects(setState(fixture, roomId, alice, long), refusal(400, 'M_INVALID_PARAM'))
  })

  test('a canonical alias is refused when it does not resolve to the room', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const other = await publicRoom(fixture)
    for (const [alias, target] of [
      ['#a:here', roomId],
      ['#b:here', roomId],
      ['#c:here', other],
    ] as const) {
      const row = { alias: alias as never, roomId: target, createdBy: alice, createdAt: 1 }
      await fixture.db.transaction((tx) => tx.run(insertAlias, row))
    }
    const set = (content: JsonObject) =>
      setState(fixture, roomId, alice, { type: 'm.room.canonical_alias', content })
    const bad = refusal(400, 'M_BAD_ALIAS')
    await assert.rejects(set({ alias: '#c:here' }), bad)
    await assert.rejects(set({ alias: '#unknown:here' }), bad)
    await assert.rejects(set({ alias: '#a:here', alt_aliases: ['#b:here', '#c:here'] }), bad)
    for (const content of [{ alias: 'a' }, { alias: 1 }, { alt_aliases: '#a:here' }, { alt_aliases: [1] }])
      await assert.rejects(set(content), refusal(400, 'M_INVALID_PARAM'))
    await set({ alias: '#a:here', alt_aliases: ['#b:here'] })
    await set({})
    await set({ alias: '' })
  })
})
