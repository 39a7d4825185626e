import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceId, RoomId, UserId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { insertAlias } from '../../src/rooms/alias-store.ts'
import { clientEvents } from '../../src/rooms/client-events.ts'
import { findEvent } from '../../src/rooms/event-store.ts'
import { inviteUser, joinRoom } from '../../src/rooms/membership.ts'
import { sendMessage } from '../../src/rooms/send-event.ts'
import type { Database, Transaction } from '../../src/storage/database.ts'
import { onEachDatabase } from '../support/databases.ts'
import {
  alice,
  bob,
  eventsOf,
  laptop,
  openWorld,
  phone,
  publicRoom,
  refusal,
  say,
  setState,
  START,
  stateOf,
  type World,
} from './fixture.ts'

const forbidden = refusal(403, 'M_FORBIDDEN')

function send(
  world: World,
  roomId: RoomId,
  { sender = alice, device = phone, txnId = '1', type = 'm.room.message', body = 'hi' } = {} as {
    sender?: UserId
    device?: DeviceId
    txnId?: string
    type?: string
    body?: string
  },
) {
  return sendMessage(world, {
    roomId,
    sender,
    type,
    content: { body },
    transaction: { deviceId: device, txnId },
  })
}

/** Counts the statements of transactions. */
function counting(db: Database): { db: Database; count: () => number } {
  let statements = 0
  const counted = (tx: Transaction): Transaction => ({
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
    onCommit: (then) => tx.onCommit(then),
  })
  const wrapped: Database = Object.create(db, {
    transaction: {
      value: (work: (tx: Transaction) => Promise<never>) => db.transaction((tx) => work(counted(tx))),
    },
  })
  return { db: wrapped, count: () => statements }
}

onEachDatabase('sending', (open) => {
  test('an event is kept as it was sent, with the time of the clock', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    world.tick(5000)
    const eventId = await send(world, roomId, { body: 'häßlich 🔔' })
    assert.match(eventId, /^\$[A-Za-z0-9_-]{43}$/)
    const event = await findEvent(world.db, eventId)
    assert.deepEqual(event?.content, { body: 'häßlich 🔔' })
    assert.equal(event.originServerTs, START + 5000)
    assert.deepEqual([event.threadId, event.stateKey, event.sender], ['main', null, alice])
  })

  test('the same transaction id of the same device, room and type is the same event', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    await joinRoom(world, { roomId, userId: bob })
    const first = await send(world, roomId, { body: 'one' })
    assert.equal(await send(world, roomId, { body: 'two' }), first)
    const others = await Promise.all([
      send(world, roomId, { device: laptop }),
      send(world, roomId, { txnId: '2' }),
      send(world, roomId, { type: 'm.sticker' }),
      send(world, roomId, { sender: bob }),
      send(world, await publicRoom(world)),
    ])
    assert.equal(new Set([first, ...others]).size, 6)
    assert.deepEqual((await findEvent(world.db, first))?.content, { body: 'one' })
  })

  test('also when both arrive at the same moment', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    const before = (await world.db.all(eventsOf, { roomId })).length
    const ids = await Promise.all(Array.from({ length: 10 }, () => send(world, roomId)))
    assert.equal(new Set(ids).size, 1)
    assert.equal((await world.db.all(eventsOf, { roomId })).length, before + 1)
  })

  test('only the device that sent it is told the transaction id', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    const event = await findEvent(world.db, await send(world, roomId))
    const seenBy = async (userId: UserId, deviceId: DeviceId) => {
      const options = { viewer: { userId, deviceId }, now: START + 7 }
      const [seen] = await clientEvents(world.db, event ? [event] : [], options)
      return seen?.['unsigned'] as JsonObject
    }
    assert.deepEqual(await seenBy(alice, phone), { age: 7, transaction_id: '1' })
    assert.deepEqual(await seenBy(alice, laptop), { age: 7 })
    assert.deepEqual(await seenBy(bob, phone), { age: 7 })
  })

  test('waiting syncs are woken after the commit, once per message', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    let woken = 0
    world.bus.subscribe([`room:${roomId}`], () => woken++)
    await send(world, roomId)
    await send(world, roomId)
    assert.equal(woken, 1, 'sending it again is no news')
    await assert.rejects(send(world, roomId, { sender: bob }), forbidden)
    assert.equal(woken, 1)
  })

  test('who is not joined cannot send; nor can anybody to a room that does not exist', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    await assert.rejects(send(world, roomId, { sender: bob }), forbidden)
    await inviteUser(world, { roomId, sender: alice, target: bob })
    await assert.rejects(send(world, roomId, { sender: bob }), forbidden)
    await assert.rejects(send(world, '!nowhere' as RoomId), forbidden)
  })

  test('what is too large, or no canonical JSON, is refused with nothing written', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    const before = (await world.db.all(eventsOf, { roomId })).length
    const sendContent = (content: JsonObject) => say(world, roomId, alice, content)
    await assert.rejects(sendContent({ body: 'x'.repeat(65_536) }), refusal(413, 'M_TOO_LARGE'))
    await assert.rejects(sendContent({ n: 1.5 }), refusal(400, 'M_BAD_JSON'))
    await assert.rejects(sendContent({ a: [{ n: 2 ** 53 }] }), refusal(400, 'M_BAD_JSON'))
    await assert.rejects(send(world, roomId, { type: '' }), refusal(400, 'M_INVALID_PARAM'))
    await assert.rejects(send(world, roomId, { type: 'ä'.repeat(128) }), refusal(400, 'M_INVALID_PARAM'))
    await sendContent({ body: 'x'.repeat(65_000), n: -(2 ** 53) + 1 })
    assert.equal((await world.db.all(eventsOf, { roomId })).length, before + 1)
  })

  test('types with a meaning of their own are not sent as messages', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    for (const type of ['m.room.create', 'm.room.member'])
      await assert.rejects(send(world, roomId, { type }), forbidden, type)
    await assert.rejects(send(world, roomId, { type: 'm.room.redaction' }), refusal(400, 'M_INVALID_PARAM'))
  })

  test('threads: replies, what relates to a reply, and roots that cannot be', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    const relating = (rel_type: string, event_id: string) =>
      say(world, roomId, alice, { 'm.relates_to': { rel_type, event_id } })
    const threadOf = async (sent: Promise<string>) =>
      (await findEvent(world.db, (await sent) as never))?.threadId
    const root = await say(world, roomId, alice, 'root')
    const reply = await relating('m.thread', root)
    assert.equal((await findEvent(world.db, reply))?.threadId, root)
    assert.equal(await threadOf(relating('m.replace', reply)), root)
    assert.equal(await threadOf(relating('m.annotation', reply)), root)
    assert.equal(await threadOf(relating('m.annotation', root)), 'main')
    assert.equal(await threadOf(relating('m.reference', '$unknown')), 'main')
    const rich = { 'm.relates_to': { 'm.in_reply_to': { event_id: reply } } }
    const answer = await say(world, roomId, alice, rich)
    assert.equal((await findEvent(world.db, answer))?.threadId, 'main')
    assert.equal(await threadOf(relating('m.thread', answer)), answer)
    const refused = refusal(400, 'M_UNKNOWN')
    await assert.rejects(relating('m.thread', reply), refused)
    await assert.rejects(relating('m.thread', await relating('m.annotation', root)), refused)
    await assert.rejects(relating('m.thread', '$unknown'), refused)
    const elsewhere = await say(world, await publicRoom(world), alice, 'elsewhere')
    await assert.rejects(relating('m.thread', elsewhere), refused)
  })

  test('a message takes eight statements at most, in a room with readers', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    await joinRoom(world, { roomId, userId: bob })
    await say(world, roomId, alice, 'warm')
    const { db, count } = counting(world.db)
    await say({ ...world, db }, roomId, alice, 'hello there')
    assert.ok(count() <= 8, `${count()} statements`)
  })
})

onEachDatabase('state', (open) => {
  const name = (text: string) => ({ type: 'm.room.name', content: { name: text } })

  test('setting what is there gives the event that set it', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    const first = await setState(world, roomId, alice, name('A'))
    assert.equal(await setState(world, roomId, alice, name('A')), first)
    const second = await setState(world, roomId, alice, name('B'))
    assert.notEqual(second, first)
    const event = await findEvent(world.db, second)
    assert.equal(event?.replacesEventId, first)
    const options = { viewer: { userId: bob, deviceId: phone }, now: START }
    const [seen] = await clientEvents(world.db, event ? [event] : [], options)
    assert.deepEqual(seen?.['unsigned'], { age: 0, replaces_state: first, prev_content: { name: 'A' } })
    assert.deepEqual(await stateOf(world, roomId, 'm.room.name'), { name: 'B' })
    assert.notEqual(await setState(world, roomId, alice, name('A')), first)
  })

  test('the order of keys makes no difference, their values do', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    const set = (content: JsonObject) => setState(world, roomId, alice, { type: 'x', stateKey: 'k', content })
    const first = await set({ a: 1, b: { c: 2, d: [1] } })
    assert.equal(await set({ b: { d: [1], c: 2 }, a: 1 }), first)
    assert.notEqual(await set({ a: 1, b: { c: 2, d: [1, 1] } }), first)
  })

  test('without the level: refused, also when it would change nothing', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    await setState(world, roomId, alice, name('A'))
    await joinRoom(world, { roomId, userId: bob })
    await assert.rejects(setState(world, roomId, bob, name('A')), forbidden)
    for (const type of ['m.room.create', 'm.room.third_party_invite'])
      await assert.rejects(setState(world, roomId, alice, { type, content: {} }), forbidden)
    const redaction = { type: 'm.room.redaction', content: { redacts: '$x' } }
    await assert.rejects(setState(world, roomId, alice, redaction), refusal(400, 'M_INVALID_PARAM'))
    const long = { type: 'x', stateKey: 'k'.repeat(256), content: {} }
    await assert.rejects(setState(world, roomId, alice, long), refusal(400, 'M_INVALID_PARAM'))
  })

  test('an alias becomes canonical only when it leads to the room', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    const other = await publicRoom(world)
    for (const [alias, leadsTo] of [
      ['#a:here', roomId],
      ['#b:here', roomId],
      ['#c:here', other],
    ] as const) {
      const row = { alias: alias as never, roomId: leadsTo, createdBy: alice, createdAt: 1 }
      await world.db.transaction((tx) => tx.run(insertAlias, row))
    }
    const set = (content: JsonObject) =>
      setState(world, roomId, alice, { type: 'm.room.canonical_alias', content })
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
