import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forget } from '../../../src/rooms/membership-store.ts'
import { redactEvent } from '../../../src/rooms/redact.ts'
import { pageToken } from '../../../src/rooms/sync/token.ts'
import { banUser, kickUser } from '../../../src/rooms/membership.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { bodies, createSyncFixture, typesOf, user } from '../sync-fixture.ts'

const alice = user('alice')
const bob = user('bob')
const carol = user('carol')
const LAZY = { room: { state: { lazy_load_members: true } } }

onEachDatabase('sync', (open) => {
  test('an initial sync returns the timeline and each state event once', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice, { preset: 'public_chat', name: 'Office' })
    await fixture.join(roomId, bob)
    await fixture.say(roomId, alice, 'hello')
    const response = await fixture.sync(bob)
    const room = response.rooms.join[roomId]
    assert.ok(room)
    assert.deepEqual(bodies(room.timeline.events), ['hello'])
    const all = [...room.state.events, ...room.timeline.events]
    const keys = all
      .filter((event) => 'state_key' in event)
      .map(({ type, state_key }) => `${type} ${state_key}`)
    assert.equal(new Set(keys).size, keys.length, 'each state event once')
    for (const type of ['m.room.create', 'm.room.power_levels', 'm.room.join_rules', 'm.room.name'])
      assert.ok(keys.includes(`${type} `), type)
    for (const member of [alice, bob]) assert.ok(keys.includes(`m.room.member ${member}`), member)
    for (const event of all) assert.equal(event.room_id, undefined, 'the room id is the key')
    assert.deepEqual(room.unread_notifications, { notification_count: 1, highlight_count: 0 })
    assert.deepEqual(room.summary, {
      'm.heroes': [],
      'm.joined_member_count': 2,
      'm.invited_member_count': 0,
    })
    const rules = response.account_data.events.find((event) => event.type === 'm.push_rules')
    assert.ok(rules && 'global' in rules.content)
  })

  test('the next sync returns new events once, with the unread count', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const first = await fixture.sync(bob)
    await fixture.say(roomId, alice, 'one')
    const second = await fixture.sync(bob, first.next_batch)
    assert.deepEqual(bodies(second.rooms.join[roomId]?.timeline.events ?? []), ['one'])
    assert.equal(second.rooms.join[roomId]?.timeline.limited, false)
    assert.deepEqual(second.rooms.join[roomId]?.state.events, [])
    assert.equal(second.rooms.join[roomId]?.unread_notifications.notification_count, 1)
    assert.equal(second.rooms.join[roomId]?.summary, undefined, 'no member joined or left')
    const third = await fixture.sync(bob, second.next_batch)
    assert.deepEqual(third.rooms.join, {})
    assert.deepEqual(third.account_data.events, [], 'push rules are sent once')
    assert.equal(third.next_batch, second.next_batch)
  })

  test('next_batch advances when the filter excludes all new events', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const filter = { room: { rooms: [] }, account_data: {}, presence: { types: [] } }
    const first = await fixture.sync(bob, undefined, { filter })
    assert.deepEqual(first.rooms.join, {})
    await fixture.say(roomId, alice, 'one')
    const second = await fixture.sync(bob, first.next_batch, { filter })
    assert.deepEqual(second.rooms.join, {})
    assert.notEqual(second.next_batch, first.next_batch)
    assert.deepEqual((await fixture.sync(bob, second.next_batch)).rooms.join, {})
  })

  test('a limited timeline has the latest events and the state that changed in the gap', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const first = await fixture.sync(bob)
    await fixture.set(roomId, alice, 'm.room.topic', { topic: 'old' })
    await fixture.set(roomId, alice, 'm.room.topic', { topic: 'new' })
    await fixture.join(roomId, carol)
    for (let at = 1; at <= 4; at++) await fixture.say(roomId, alice, `m${at}`)
    const filter = { room: { timeline: { limit: 2 } } }
    const room = (await fixture.sync(bob, first.next_batch, { filter })).rooms.join[roomId]
    assert.ok(room)
    assert.deepEqual(bodies(room.timeline.events), ['m3', 'm4'])
    assert.equal(room.timeline.limited, true)
    assert.deepEqual(
      room.state.events.map((event) => [event.type, event.content['topic'] ?? event.state_key]),
      [
        ['m.room.topic', 'new'],
        ['m.room.member', carol],
      ],
    )
    assert.equal(room.summary?.['m.joined_member_count'], 3)
  })

  test('full_state returns all state and only new events, without waiting', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice'])
    const roomId = await fixture.create(alice)
    const first = await fixture.sync(alice)
    const again = await fixture.sync(alice, first.next_batch, { fullState: true, timeoutMs: 30_000 })
    const room = again.rooms.join[roomId]
    assert.deepEqual(room?.timeline.events, [])
    assert.ok(typesOf(room?.state.events ?? []).includes('m.room.create'))
    assert.equal(fixture.clock.sleepers(), 0)
  })

  test('an invitation is sent with stripped state, and its rejection as a left room', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const first = await fixture.sync(bob)
    const roomId = await fixture.create(alice, { preset: 'private_chat', name: 'Secret', topic: 'hush' })
    await fixture.say(roomId, alice, 'members only')
    await fixture.invite(roomId, alice, bob)
    const invited = await fixture.sync(bob, first.next_batch)
    const state = invited.rooms.invite[roomId]?.invite_state.events ?? []
    for (const type of ['m.room.create', 'm.room.join_rules', 'm.room.name', 'm.room.topic'])
      assert.ok(typesOf(state).includes(type), type)
    assert.deepEqual(
      state.filter((event) => event.type === 'm.room.member').map((event) => event.state_key),
      [alice, bob],
    )
    const stripped = ['content', 'sender', 'state_key', 'type']
    // Other servers send the invitation itself with its id and time, and clients use both.
    for (const event of state)
      assert.deepEqual(
        Object.keys(event).toSorted(),
        event.state_key === bob ? [...stripped, 'event_id', 'origin_server_ts'].toSorted() : stripped,
      )
    assert.ok((await fixture.sync(bob)).rooms.invite[roomId], 'also in an initial sync')

    await fixture.leave(roomId, bob)
    const rejected = await fixture.sync(bob, invited.next_batch)
    const left = rejected.rooms.leave[roomId]
    assert.deepEqual(rejected.rooms.invite, {})
    assert.deepEqual(typesOf(left?.timeline.events ?? []), ['m.room.member'])
    assert.deepEqual(left?.state.events, [], 'no state for a user who was never joined')
  })

  test('a newly joined room is sent with its state and shared history', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.say(roomId, alice, 'before')
    const first = await fixture.sync(bob)
    await fixture.join(roomId, bob)
    const room = (await fixture.sync(bob, first.next_batch)).rooms.join[roomId]
    assert.deepEqual(bodies(room?.timeline.events ?? []), ['before'], 'history is shared')
    const state = [...(room?.state.events ?? []), ...(room?.timeline.events ?? [])]
    assert.ok(typesOf(state).includes('m.room.create'))
  })

  test('history that a new member cannot see is not sent', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.set(roomId, alice, 'm.room.history_visibility', { history_visibility: 'joined' })
    await fixture.say(roomId, alice, 'before')
    const first = await fixture.sync(bob)
    await fixture.join(roomId, bob)
    await fixture.say(roomId, alice, 'after')
    for (const since of [undefined, first.next_batch]) {
      const room = (await fixture.sync(bob, since)).rooms.join[roomId]
      assert.deepEqual(bodies(room?.timeline.events ?? []), ['after'])
      assert.ok(typesOf(room?.state.events ?? []).includes('m.room.create'))
    }
  })

  test('after leaving and joining again, state changes in between are sent and messages are not', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.set(roomId, alice, 'm.room.history_visibility', { history_visibility: 'joined' })
    await fixture.join(roomId, bob)
    const first = await fixture.sync(bob)
    await fixture.leave(roomId, bob)
    await fixture.say(roomId, alice, 'not visible to bob')
    await fixture.set(roomId, alice, 'm.room.topic', { topic: 'changed' })
    await fixture.join(roomId, bob)
    const room = (await fixture.sync(bob, first.next_batch)).rooms.join[roomId]
    assert.deepEqual(typesOf(room?.timeline.events ?? []), ['m.room.member'])
    assert.equal(room?.timeline.limited, true)
    assert.ok(typesOf(room?.state.events ?? []).includes('m.room.topic'))
  })

  test('a left room is sent up to the leave, kick or ban', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    for (const remove of [
      (roomId: Parameters<typeof fixture.leave>[0]) => fixture.leave(roomId, bob),
      (roomId: Parameters<typeof fixture.leave>[0]) =>
        kickUser(fixture.rooms, { roomId, sender: alice, target: bob }),
      (roomId: Parameters<typeof fixture.leave>[0]) =>
        banUser(fixture.rooms, { roomId, sender: alice, target: bob }),
    ]) {
      const roomId = await fixture.create(alice)
      await fixture.join(roomId, bob)
      const first = await fixture.sync(bob)
      await fixture.say(roomId, alice, 'goodbye')
      await remove(roomId)
      await fixture.say(roomId, alice, 'after the leave')
      await fixture.set(roomId, alice, 'm.room.topic', { topic: 'after the leave' })
      const response = await fixture.sync(bob, first.next_batch)
      assert.equal(response.rooms.join[roomId], undefined)
      const left = response.rooms.leave[roomId]
      assert.deepEqual(typesOf(left?.timeline.events ?? []), ['m.room.message', 'm.room.member'])
      assert.deepEqual(left?.state.events, [])
      assert.deepEqual((await fixture.sync(bob, response.next_batch)).rooms.leave, {})
    }
  })

  test('a user who is banned after leaving receives no event between leave and ban', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const first = await fixture.sync(bob)
    await fixture.leave(roomId, bob)
    await fixture.set(roomId, alice, 'm.room.topic', { topic: 'after the leave' })
    await banUser(fixture.rooms, { roomId, sender: alice, target: bob })
    for (const [limit, memberships] of [
      [0, ['ban']],
      [1, ['leave', 'ban']],
      [10, ['leave', 'ban']],
    ] as const) {
      const filter = { room: { timeline: { limit } } }
      const left = (await fixture.sync(bob, first.next_batch, { filter })).rooms.leave[roomId]
      assert.ok(left)
      assert.ok(left.timeline.events.length <= limit)
      const events = [...left.state.events, ...left.timeline.events]
      assert.deepEqual(
        events.map(({ type, content }) => (type === 'm.room.member' ? content['membership'] : type)),
        memberships,
      )
    }
  })

  test('a token from before a restart is valid', async (t) => {
    const db = await open(t)
    const before = await createSyncFixture(t, db, ['alice', 'bob'])
    const roomId = await before.create(alice)
    await before.join(roomId, bob)
    before.typing.start(roomId, alice, 1000)
    const { next_batch } = await before.sync(bob)
    await before.say(roomId, alice, 'meanwhile')
    const after = await createSyncFixture(t, db, [])
    const response = await after.sync(bob, next_batch)
    assert.deepEqual(bodies(response.rooms.join[roomId]?.timeline.events ?? []), ['meanwhile'])
    assert.deepEqual((await after.sync(bob, response.next_batch)).rooms.join, {})
  })

  test('rooms left earlier are sent only with include_leave, and never when forgotten', async (t) => {
    const db = await open(t)
    const fixture = await createSyncFixture(t, db, ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    await fixture.leave(roomId, bob)
    await fixture.set(roomId, alice, 'm.room.topic', { topic: 'after the leave' })
    const filter = { room: { include_leave: true } }
    assert.deepEqual((await fixture.sync(bob)).rooms.leave, {})
    const left = (await fixture.sync(bob, undefined, { filter })).rooms.leave[roomId]
    const types = typesOf([...(left?.state.events ?? []), ...(left?.timeline.events ?? [])])
    assert.ok(types.includes('m.room.create'))
    assert.ok(!types.includes('m.room.topic'))
    await db.transaction((tx) => forget(tx, roomId, bob))
    assert.deepEqual((await fixture.sync(bob, undefined, { filter })).rooms.leave, {})
  })

  test('lazy loading sends the members of the senders and members that changed in a gap', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await fixture.create(alice, { preset: 'public_chat', name: 'Office' })
    await fixture.join(roomId, carol)
    await fixture.join(roomId, bob)
    for (let at = 0; at < 3; at++) await fixture.say(roomId, alice, `m${at}`)
    const filter = { room: { ...LAZY.room, timeline: { limit: 2 } } }
    const first = await fixture.sync(bob, undefined, { filter })
    const members = (events: { type: string; state_key?: string }[] = []) =>
      events.filter((event) => event.type === 'm.room.member').map((event) => String(event.state_key))
    assert.deepEqual(members(first.rooms.join[roomId]?.state.events).toSorted(), [alice, bob])
    await fixture.say(roomId, carol, 'hello')
    const second = await fixture.sync(bob, first.next_batch, { filter })
    assert.deepEqual(members(second.rooms.join[roomId]?.state.events), [carol])
    await fixture.leave(roomId, carol)
    for (let at = 0; at < 3; at++) await fixture.say(roomId, alice, `n${at}`)
    const third = await fixture.sync(bob, second.next_batch, { filter })
    assert.deepEqual(members(third.rooms.join[roomId]?.state.events).toSorted(), [alice, carol])
  })

  test('a room without a name has heroes in its summary', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice, { preset: 'private_chat' })
    await fixture.invite(roomId, alice, bob)
    const room = (await fixture.sync(alice, undefined, { filter: LAZY })).rooms.join[roomId]
    assert.deepEqual(room?.summary, {
      'm.heroes': [bob],
      'm.joined_member_count': 1,
      'm.invited_member_count': 1,
    })
    const first = await fixture.sync(alice)
    await fixture.leave(roomId, bob)
    const after = (await fixture.sync(alice, first.next_batch)).rooms.join[roomId]
    assert.deepEqual(after?.summary?.['m.heroes'], [bob], 'a member who left, when no other member is joined')
  })

  test('the transaction id is sent to the sending device only', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice'])
    const roomId = await fixture.create(alice)
    const first = await fixture.sync(alice)
    await fixture.say(roomId, alice, 'hello')
    const own = (await fixture.sync(alice, first.next_batch)).rooms.join[roomId]?.timeline.events[0]
    const other = await fixture.sync(alice, first.next_batch, { deviceId: 'OTHER' })
    assert.equal(typeof own?.unsigned['transaction_id'], 'string')
    assert.ok(!('transaction_id' in (other.rooms.join[roomId]?.timeline.events[0]?.unsigned ?? {})))
    fixture.clock.advance(500)
    const later = (await fixture.sync(alice, first.next_batch)).rooms.join[roomId]?.timeline.events[0]
    assert.equal(later?.unsigned['age'], 500)
  })

  test('a redacted event is sent without its content and with its redaction', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const first = await fixture.sync(bob)
    const eventId = await fixture.say(roomId, alice, 'oops')
    const transaction = { deviceId: 'D' as never, txnId: 'r' }
    await redactEvent(fixture.rooms, { roomId, sender: alice, eventId, content: {}, transaction })
    const room = (await fixture.sync(bob, first.next_batch)).rooms.join[roomId]
    const [redacted] = room?.timeline.events ?? []
    assert.deepEqual(redacted?.content, {})
    const because = redacted?.unsigned['redacted_because'] as { type: string } | undefined
    assert.equal(because?.type, 'm.room.redaction')
    assert.equal(room?.unread_notifications.notification_count, 0)
  })

  test('events that the timeline filter excludes do not count against the limit', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice'])
    const roomId = await fixture.create(alice)
    await fixture.say(roomId, alice, 'first')
    for (let at = 0; at < 30; at++) await fixture.react(roomId, alice, 'x')
    await fixture.say(roomId, alice, 'second')
    const filter = { room: { timeline: { limit: 2, types: ['m.room.message'] } } }
    const room = (await fixture.sync(alice, undefined, { filter })).rooms.join[roomId]
    assert.deepEqual(bodies(room?.timeline.events ?? []), ['first', 'second'])
    assert.equal(room?.timeline.limited, false)
  })

  test('unread counts are sent with a filter that excludes all events', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const filter = { room: { timeline: { types: [] }, state: { types: [] } } }
    const first = await fixture.sync(bob, undefined, { filter })
    await fixture.say(roomId, alice, 'one')
    const room = (await fixture.sync(bob, first.next_batch, { filter })).rooms.join[roomId]
    assert.deepEqual(room?.timeline.events, [])
    assert.equal(room?.unread_notifications.notification_count, 1)
  })

  test('unread counts by thread are sent when the filter requests them', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const first = await fixture.sync(bob)
    const root = await fixture.say(roomId, alice, 'root')
    await fixture.say(roomId, alice, 'reply', { 'm.relates_to': { rel_type: 'm.thread', event_id: root } })
    const filter = { room: { timeline: { unread_thread_notifications: true } } }
    const by = (await fixture.sync(bob, first.next_batch, { filter })).rooms.join[roomId]
    assert.deepEqual(by?.unread_notifications, { notification_count: 1, highlight_count: 0 })
    assert.deepEqual(by?.unread_thread_notifications, {
      [root]: { notification_count: 1, highlight_count: 0 },
    })
    const sum = (await fixture.sync(bob, first.next_batch)).rooms.join[roomId]
    assert.equal(sum?.unread_notifications.notification_count, 2)
    assert.equal(sum?.unread_thread_notifications, undefined)
  })

  test('a token ahead of the stream is treated as the current position', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice'])
    const roomId = await fixture.create(alice)
    const response = await fixture.sync(alice, pageToken(999_999))
    assert.deepEqual(response.rooms.join, {})
    await fixture.say(roomId, alice, 'new')
    const next = await fixture.sync(alice, response.next_batch)
    assert.deepEqual(bodies(next.rooms.join[roomId]?.timeline.events ?? []), ['new'])
  })

  test('events in rooms of other users are not sent', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const first = await fixture.sync(bob)
    const roomId = await fixture.create(alice, { preset: 'private_chat' })
    await fixture.say(roomId, alice, 'private')
    const response = await fixture.sync(bob, first.next_batch)
    assert.deepEqual(response.rooms, { join: {}, invite: {}, knock: {}, leave: {} })
    assert.notEqual(response.next_batch, first.next_batch)
  })
})
