import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../src/lib/json.ts'
import type { EventId, RoomId, UserId } from '../../src/lib/ids.ts'
import { forgetRoom } from '../../src/rooms/membership.ts'
import { redactEvent } from '../../src/rooms/redact.ts'
import { NO_ROOM_EVENT_FILTER, readRoomEventFilter } from '../../src/rooms/sync/filter.ts'
import { lowest } from '../../src/storage/stream-point.ts'
import { parseToken } from '../../src/rooms/sync/token.ts'
import { eventContext, messages, readEvent } from '../../src/rooms/timeline.ts'
import { onEachDatabase } from '../support/databases.ts'
import {
  bodies,
  deviceOf,
  type SyncFixture,
  createSyncFixture,
  type RoomEvent,
  user,
} from './sync-fixture.ts'

const alice = user('alice')
const bob = user('bob')
const carol = user('carol')
const forbidden = { status: 403, errcode: 'M_FORBIDDEN' }
const missing = { status: 404, errcode: 'M_NOT_FOUND' }

type Page = { chunk: RoomEvent[]; start: string; end?: string; state?: RoomEvent[] }
type PageOptions = {
  dir?: 'b' | 'f'
  from?: string | undefined
  to?: string
  limit?: number
  filter?: JsonObject
}

const readerOf = (fixture: SyncFixture, userId: UserId) => ({
  viewer: { userId, deviceId: deviceOf(userId) },
  now: fixture.clock.now(),
  pageBytes: fixture.reads.pageBytes,
})
const at = (token: string | undefined) =>
  token === undefined ? undefined : lowest(parseToken(token, 'from').position)

async function page(
  fixture: SyncFixture,
  userId: UserId,
  roomId: RoomId,
  options: PageOptions = {},
): Promise<Page> {
  const { dir = 'b', from, to, limit = 10, filter } = options
  const request = {
    roomId,
    direction: dir,
    from: at(from),
    to: at(to),
    limit,
    filter: filter ? readRoomEventFilter(JSON.stringify(filter)) : NO_ROOM_EVENT_FILTER,
  }
  return (await messages(fixture.db, readerOf(fixture, userId), request)) as unknown as Page
}

/** The events of all pages, in order. */
async function allPages(
  fixture: SyncFixture,
  userId: UserId,
  roomId: RoomId,
  options: PageOptions,
): Promise<RoomEvent[]> {
  const events: RoomEvent[] = []
  let from = options.from
  do {
    const next: Page = await page(fixture, userId, roomId, { ...options, from })
    assert.ok(next.chunk.length > 0 || next.end === undefined, 'only the last page can be empty')
    events.push(...next.chunk)
    from = next.end
  } while (from !== undefined)
  return events
}

onEachDatabase('the timeline of a room', (open) => {
  test('both directions return the same events in pages and then end', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    for (let n = 0; n < 12; n++) await fixture.say(roomId, alice, `m${n}`)
    const back = await allPages(fixture, alice, roomId, { dir: 'b', limit: 5 })
    const forward = await allPages(fixture, alice, roomId, { dir: 'f', limit: 5 })
    assert.deepEqual(
      back.toReversed().map((event) => event.event_id),
      forward.map((event) => event.event_id),
    )
    assert.equal(new Set(forward.map((event) => event.event_id)).size, forward.length)
    assert.equal(forward[0]?.type, 'm.room.create')
    assert.equal(bodies(forward).length, 12)
    assert.equal(forward[0]?.room_id, roomId)
  })

  for (const dir of ['b', 'f'] as const)
    test(`each page with events has \`end\`, also the last one, and the page after it is empty without \`end\`, in the direction ${dir}`, async (t) => {
      const fixture = await createSyncFixture(t, await open(t), ['alice'])
      const roomId = await fixture.create(alice)
      const all = await page(fixture, alice, roomId, { dir, limit: 100 })
      assert.equal(all.chunk.at(dir === 'b' ? -1 : 0)?.type, 'm.room.create')
      const after = await page(fixture, alice, roomId, { dir, limit: 100, from: all.end ?? '' })
      assert.deepEqual([after.chunk, after.end], [[], undefined])
      // A client that has the newest event continues with the token when there are more.
      await fixture.say(roomId, alice, 'later')
      const more = await page(fixture, alice, roomId, { dir, limit: 100, from: all.end ?? '' })
      assert.deepEqual(bodies(more.chunk), dir === 'b' ? [] : ['later'])
    })

  test('the tokens of a limited sync return the events of its gap', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice'])
    const roomId = await fixture.create(alice)
    const first = await fixture.sync(alice)
    for (let n = 0; n < 9; n++) await fixture.say(roomId, alice, `m${n}`)
    const filter = { room: { timeline: { limit: 3 } } }
    const timeline = (await fixture.sync(alice, first.next_batch, { filter })).rooms.join[roomId]?.timeline
    assert.deepEqual(bodies(timeline?.events ?? []), ['m6', 'm7', 'm8'])
    const from = timeline?.prev_batch
    const gap = await allPages(fixture, alice, roomId, { from, to: first.next_batch, limit: 4 })
    assert.deepEqual(bodies(gap).toReversed(), ['m0', 'm1', 'm2', 'm3', 'm4', 'm5'])
    const forward = await page(fixture, alice, roomId, {
      dir: 'f',
      from: first.next_batch,
      to: from ?? '',
      limit: 50,
    })
    assert.deepEqual(bodies(forward.chunk), ['m0', 'm1', 'm2', 'm3', 'm4', 'm5'])
  })

  test('a filter is applied before the limit, and lazy loading adds the members of the senders', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    await fixture.say(roomId, bob, 'one')
    for (let n = 0; n < 30; n++) await fixture.react(roomId, alice, 'x')
    await fixture.say(roomId, alice, 'two')
    const filter = { types: ['m.room.message'], lazy_load_members: true, senders: [bob] }
    const found = await page(fixture, alice, roomId, { limit: 1, filter })
    assert.deepEqual(bodies(found.chunk), ['one'])
    assert.deepEqual(
      found.state?.map((event) => event.state_key),
      [bob],
    )
    const after = await page(fixture, alice, roomId, { limit: 1, filter, from: found.end ?? '' })
    assert.deepEqual([after.chunk, after.end], [[], undefined])
  })

  test('a long range that the filter excludes is skipped in several pages', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice'])
    const roomId = await fixture.create(alice)
    await fixture.say(roomId, alice, 'first')
    await Promise.all(Array.from({ length: 2100 }, () => fixture.react(roomId, alice, 'x')))
    const filter = { types: ['m.room.message'] }
    const first = await page(fixture, alice, roomId, { filter })
    assert.deepEqual(first.chunk, [])
    assert.ok(first.end)
    assert.deepEqual(bodies((await page(fixture, alice, roomId, { filter, from: first.end })).chunk), [
      'first',
    ])
  })

  test('past members see events up to their leave, and other users and users who forgot the room see none', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await fixture.create(alice)
    await fixture.set(roomId, alice, 'm.room.history_visibility', { history_visibility: 'joined' })
    const before = await fixture.say(roomId, alice, 'before')
    await fixture.join(roomId, bob)
    const during = await fixture.say(roomId, alice, 'during')
    await fixture.leave(roomId, bob)
    const after = await fixture.say(roomId, alice, 'after')
    assert.deepEqual(bodies(await allPages(fixture, bob, roomId, {})), ['during'])
    const read = (userId: UserId, eventId: EventId) =>
      readEvent(fixture.db, readerOf(fixture, userId), { roomId, eventId })
    assert.equal((await read(bob, during))['event_id'], during)
    for (const eventId of [before, after]) await assert.rejects(read(bob, eventId), missing)
    await assert.rejects(read(carol, during), missing)
    await assert.rejects(page(fixture, carol, roomId), forbidden)
    await assert.rejects(page(fixture, carol, '!nowhere' as RoomId), forbidden)
    await forgetRoom(fixture.rooms, { roomId, userId: bob })
    await assert.rejects(page(fixture, bob, roomId), forbidden)
    await assert.rejects(read(bob, during), missing)
  })

  test('an invited user can read the invitation and no other event', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice, { preset: 'private_chat' })
    const said = await fixture.say(roomId, alice, 'private')
    await fixture.invite(roomId, alice, bob)
    const member = await page(fixture, alice, roomId, { limit: 1 })
    const eventId = member.chunk[0]?.event_id as EventId
    const event = await readEvent(fixture.db, readerOf(fixture, bob), { roomId, eventId })
    assert.equal((event['content'] as JsonObject)['membership'], 'invite')
    await assert.rejects(readEvent(fixture.db, readerOf(fixture, bob), { roomId, eventId: said }), missing)
    await assert.rejects(page(fixture, bob, roomId), forbidden)
  })

  test('a user who is not a member can read the events of a world-readable room', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'carol'])
    const roomId = await fixture.create(alice)
    await fixture.say(roomId, alice, 'members only')
    await fixture.set(roomId, alice, 'm.room.history_visibility', { history_visibility: 'world_readable' })
    const readable = await fixture.say(roomId, alice, 'for all')
    assert.deepEqual(bodies(await allPages(fixture, carol, roomId, {})), ['for all'])
    const event = await readEvent(fixture.db, readerOf(fixture, carol), { roomId, eventId: readable })
    assert.equal(event['event_id'], readable)
  })

  test('an event of another room returns 404', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice'])
    const roomId = await fixture.create(alice)
    const eventId = await fixture.say(await fixture.create(alice), alice, 'other room')
    await assert.rejects(readEvent(fixture.db, readerOf(fixture, alice), { roomId, eventId }), missing)
  })

  test('a single event has the replaced content and its redaction', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice'])
    const roomId = await fixture.create(alice)
    await fixture.set(roomId, alice, 'm.room.topic', { topic: 'old' })
    const topic = await fixture.set(roomId, alice, 'm.room.topic', { topic: 'new' })
    const read = async (eventId: EventId) =>
      (await readEvent(fixture.db, readerOf(fixture, alice), { roomId, eventId }))['unsigned'] as JsonObject
    assert.deepEqual((await read(topic))['prev_content'], { topic: 'old' })
    const said = await fixture.say(roomId, alice, 'oops')
    const transaction = { deviceId: deviceOf(alice), txnId: 'r' }
    await redactEvent(fixture.rooms, { roomId, sender: alice, eventId: said, content: {}, transaction })
    assert.equal(((await read(said))['redacted_because'] as JsonObject)['type'], 'm.room.redaction')
  })

  test('context has events of both sides within one limit, tokens that continue, and the state at its end', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.set(roomId, alice, 'm.room.topic', { topic: 'then' })
    for (const body of ['a', 'b', 'c', 'd', 'e']) await fixture.say(roomId, alice, body)
    await fixture.set(roomId, alice, 'm.room.topic', { topic: 'now' })
    const middle = bodiesToId(await allPages(fixture, alice, roomId, {}), 'c')
    const around = async (limit: number, filter = NO_ROOM_EVENT_FILTER) =>
      (await eventContext(fixture.db, readerOf(fixture, alice), {
        roomId,
        eventId: middle,
        limit,
        filter,
      })) as unknown as {
        start: string
        end: string
        event: RoomEvent
        events_before: RoomEvent[]
        events_after: RoomEvent[]
        state: RoomEvent[]
      }
    const two = await around(2)
    assert.equal(two.event.event_id, middle)
    assert.deepEqual([bodies(two.events_before), bodies(two.events_after)], [['b'], ['d']])
    assert.deepEqual(bodies((await page(fixture, alice, roomId, { from: two.start, limit: 1 })).chunk), ['a'])
    const following = await page(fixture, alice, roomId, { from: two.end, dir: 'f', limit: 1 })
    assert.deepEqual(bodies(following.chunk), ['e'])
    const topic = two.state.find((event) => event.type === 'm.room.topic')
    assert.deepEqual(topic?.content, { topic: 'then' })
    const none = await around(0)
    assert.deepEqual([none.events_before, none.events_after], [[], []])
    assert.equal(none.event.event_id, middle)
    const lazy = await around(1, readRoomEventFilter('{"lazy_load_members": true}'))
    const members = lazy.state.filter((event) => event.type === 'm.room.member')
    assert.deepEqual(
      members.map((event) => event.state_key),
      [alice],
    )
  })
})

function bodiesToId(events: readonly RoomEvent[], body: string): EventId {
  const found = events.find((event) => event.content['body'] === body)
  assert.ok(found)
  return found.event_id
}
