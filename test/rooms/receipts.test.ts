import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { EventId, RoomId, UserId } from '../../src/lib/ids.ts'
import { unreadCounts } from '../../src/notifications/counts.ts'
import { type Marker, setMarkers } from '../../src/rooms/receipts.ts'
import { upsertReceipt } from '../../src/rooms/receipts-store.ts'
import { nextPosition } from '../../src/storage/stream.ts'
import { currentPosition } from '../support/current-position.ts'
import type { Database } from '../../src/storage/database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { createSyncFixture, user } from './sync-fixture.ts'

const alice = user('alice')
const bob = user('bob')

onEachDatabase('receipts', (open) => {
  async function setUp(t: TestContext) {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const since = { [alice]: '', [bob]: '' } as Record<UserId, string>
    for (const userId of [alice, bob]) since[userId] = (await fixture.sync(userId)).next_batch
    return {
      ...fixture,
      roomId,
      mark: (userId: UserId, ...markers: Marker[]) =>
        setMarkers(fixture.receipts, { userId, roomId, markers }),
      /** The changes of the room since the last sync of a user. */
      changes: async (userId: UserId) => {
        const response = await fixture.sync(userId, since[userId])
        since[userId] = response.next_batch
        const room = response.rooms.join[roomId]
        return {
          receipts: room?.ephemeral.events
            .filter(({ type }) => type === 'm.receipt')
            .map(({ content }) => content),
          accountData: room?.account_data.events,
          unread: room?.unread_notifications.notification_count,
        }
      },
    }
  }
  const read = (eventId: EventId, threadId = '', type: 'm.read' | 'm.read.private' = 'm.read'): Marker => ({
    type,
    eventId,
    threadId,
  })

  test('a receipt is sent to all members, and the room is sent with its new unread count', async (t) => {
    const { say, mark, changes, roomId, clock } = await setUp(t)
    const eventId = await say(roomId, alice, 'hello')
    assert.equal((await changes(bob)).unread, 1)
    await changes(alice)
    await mark(bob, read(eventId))
    const content = { [eventId]: { 'm.read': { [bob]: { ts: clock.now() } } } }
    assert.deepEqual(await changes(bob), { receipts: [content], accountData: [], unread: 0 })
    assert.deepEqual((await changes(alice)).receipts, [content])
  })

  test('a private receipt marks as read and is never sent to other users', async (t) => {
    const { say, mark, changes, roomId, sync } = await setUp(t)
    const eventId = await say(roomId, alice, 'hello')
    await changes(alice)
    await changes(bob)
    await mark(bob, read(eventId, '', 'm.read.private'))
    const own = await changes(bob)
    assert.equal(own.unread, 0)
    assert.ok(JSON.stringify(own.receipts).includes('m.read.private'))
    assert.equal((await changes(alice)).receipts, undefined, 'the room is not sent either')
    assert.ok(!JSON.stringify(await sync(alice)).includes('m.read.private'))
    assert.ok(JSON.stringify(await sync(bob)).includes('m.read.private'))
  })

  test('a receipt for an earlier or the same event is ignored', async (t) => {
    const { say, mark, changes, roomId, db } = await setUp(t)
    const first = await say(roomId, alice, '1')
    const second = await say(roomId, alice, '2')
    await mark(bob, read(second), { type: 'm.fully_read', eventId: second })
    await changes(bob)
    const before = await currentPosition(db)
    await mark(bob, read(first), { type: 'm.fully_read', eventId: first })
    await mark(bob, read(second), { type: 'm.fully_read', eventId: second })
    assert.equal(await currentPosition(db), before)
    assert.equal((await changes(bob)).receipts, undefined)
  })

  test('each thread has its own receipt', async (t) => {
    const { say, mark, changes, roomId } = await setUp(t)
    const root = await say(roomId, alice, 'root')
    const relation = { 'm.relates_to': { rel_type: 'm.thread', event_id: root } }
    const inThread = await say(roomId, alice, 'in the thread', relation)
    const last = await say(roomId, alice, 'in the room')
    assert.equal((await changes(bob)).unread, 3)
    await mark(bob, read(last, 'main'))
    const main = await changes(bob)
    assert.equal(main.unread, 1)
    await mark(bob, read(inThread, root))
    const thread = await changes(bob)
    assert.equal(thread.unread, 0)
    assert.deepEqual(Object.keys(thread.receipts?.[0] ?? {}), [inThread])
    assert.ok(JSON.stringify(thread.receipts).includes(`"thread_id":"${root}"`))
  })

  test('receipts of several users are grouped into one event for each thread', async (t) => {
    const { say, mark, changes, roomId } = await setUp(t)
    const eventId = await say(roomId, alice, 'hello')
    await changes(bob)
    await mark(alice, read(eventId))
    await mark(bob, read(eventId))
    await mark(bob, read(eventId, 'main'))
    const { receipts } = await changes(bob)
    assert.equal(receipts?.length, 2)
    const users = receipts?.[0]?.[eventId] as Record<string, object> | undefined
    assert.deepEqual(Object.keys(users?.['m.read'] ?? {}), [alice, bob])
  })

  test('of the receipts of a user in threads the newest thousand are sent, and other receipts are kept', async (t) => {
    const { say, mark, sync, roomId, db } = await setUp(t)
    const last = await say(roomId, alice, 'last')
    await mark(bob, read(last), read(last, 'main'))
    await db.transaction(
      async (tx) => {
        for (let at = 0; at < 1000; at++) {
          const key = { roomId, userId: bob, type: 'm.read' as const, threadId: `$${at}` }
          const eventId = `$${at}` as EventId
          await tx.run(upsertReceipt, {
            ...key,
            eventId,
            eventPosition: at,
            ts: 0,
            position: await nextPosition(tx),
          })
        }
      },
      { orderedBy: roomId },
    )
    await mark(alice, read(last, last))
    await mark(bob, read(last, last))
    const { rooms } = await sync(alice)
    const text = JSON.stringify(rooms.join[roomId]?.ephemeral)
    const threads = [...text.matchAll(/"thread_id":"([^"]*)"/g)].map((match) => match[1])
    assert.equal(
      threads.filter((thread) => thread !== 'main').length,
      1001,
      'a thousand receipts of bob and one of alice',
    )
    assert.ok(!threads.includes('$0') && threads.includes('$1') && threads.includes(last))
    assert.ok(threads.includes('main'))
  })

  test('a receipt in a thread that does not contain the event is refused, and nothing is written', async (t) => {
    const { say, mark, roomId, db } = await setUp(t)
    const root = await say(roomId, alice, 'root')
    const inThread = await say(roomId, alice, 'in the thread', {
      'm.relates_to': { rel_type: 'm.thread', event_id: root },
    })
    const other = await say(roomId, alice, 'other')
    const before = await currentPosition(db)
    for (const marker of [read(inThread, 'main'), read(other, root), read(inThread, '$nothing')])
      await assert.rejects(mark(bob, read(other), marker), { status: 400, errcode: 'M_INVALID_PARAM' })
    assert.equal(await currentPosition(db), before)
    await mark(bob, read(root, root))
  })

  test('the fully read marker is account data of the room and does not change the unread count', async (t) => {
    const { say, mark, changes, roomId, sync } = await setUp(t)
    const eventId = await say(roomId, alice, 'hello')
    await changes(bob)
    await mark(bob, { type: 'm.fully_read', eventId })
    const own = await changes(bob)
    assert.deepEqual(own.accountData, [{ type: 'm.fully_read', content: { event_id: eventId } }])
    assert.equal(own.unread, 1)
    assert.ok(!JSON.stringify(await sync(alice)).includes('m.fully_read'))
  })

  test('a receipt of a user who is not in the room or cannot see the event is refused', async (t) => {
    const { say, mark, set, leave, join, roomId } = await setUp(t)
    const eventId = await say(roomId, alice, 'hello')
    const refused = { status: 403, errcode: 'M_FORBIDDEN' }
    await assert.rejects(mark(user('carol'), read(eventId)), refused)
    await set(roomId, alice, 'm.room.history_visibility', { history_visibility: 'joined' })
    await leave(roomId, bob)
    await assert.rejects(mark(bob, read(eventId)), refused)
    const hidden = await say(roomId, alice, 'hidden')
    await join(roomId, bob)
    await assert.rejects(mark(bob, read(hidden)), refused)
    await mark(bob, read(eventId))
  })

  test('a receipt for an unknown event or an event of another room changes nothing', async (t) => {
    const { mark, create, say, db, roomId } = await setUp(t)
    const inOtherRoom = await say(await create(alice), alice, 'other room')
    await say(roomId, alice, 'hello')
    const before = await currentPosition(db)
    await mark(bob, read('$nothing' as EventId), { type: 'm.fully_read', eventId: '$nothing' as EventId })
    await mark(bob, read(inOtherRoom))
    assert.equal(await currentPosition(db), before)
    assert.equal(await unreadOf(db, bob, roomId), 1)
  })
})

async function unreadOf(db: Database, userId: UserId, roomId: RoomId): Promise<number | undefined> {
  return (await unreadCounts(db, userId, [roomId])).get(roomId)?.notifications
}
