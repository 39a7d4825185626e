import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId, RoomId, UserId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { clientEvents } from '../../src/rooms/client-events.ts'
import { findEvent } from '../../src/rooms/event-store.ts'
import { membershipIn } from '../../src/rooms/membership-store.ts'
import { joinRoom, leaveRoom } from '../../src/rooms/membership.ts'
import { prunedContent } from '../../src/rooms/prune.ts'
import { redactEvent } from '../../src/rooms/redact.ts'
import { storedVersion } from '../../src/rooms/room-versions.ts'
import { sendMessage } from '../../src/rooms/send-event.ts'
import { onEachDatabase } from '../support/databases.ts'
import {
  alice,
  bob,
  carol,
  eventsOf,
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

let transactions = 0
function redact(
  fixture: RoomsFixture,
  roomId: RoomId,
  sender: UserId,
  { eventId, txnId = `r${transactions++}` }: { eventId: EventId; txnId?: string },
) {
  const transaction = { deviceId: phone, txnId }
  return redactEvent(fixture, { roomId, sender, eventId, content: { reason: 'spam' }, transaction })
}

onEachDatabase('redaction', (open) => {
  for (const version of ['10', '11', '12'])
    test(`removes the content and adds redacted_because (room version ${version})`, async (t) => {
      const fixture = await createRoomsFixture(await open(t))
      const roomId = await publicRoom(fixture, { room_version: version })
      const eventId = await say(fixture, roomId, alice, 'secret')
      const by = await redact(fixture, roomId, alice, { eventId })
      const event = await findEvent(fixture.db, eventId)
      assert.deepEqual(event?.content, {})
      assert.equal(event.redactedBy, by)
      const options = { viewer: { userId: bob, deviceId: phone }, now: START }
      const [seen] = await clientEvents(fixture.db, [event], options)
      const because = ((seen as JsonObject)['unsigned'] as { redacted_because: JsonObject }).redacted_because
      assert.equal(because['redacts'], eventId)
      assert.equal(because['event_id'], by)
      assert.deepEqual(because['content'], { reason: 'spam', redacts: eventId })
      const stored = (await findEvent(fixture.db, by))?.content
      assert.equal(stored?.['redacts'], version === '10' ? undefined : eventId)
    })

  test('a user can redact own events, and events of other users with the redact level', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    for (const userId of [bob, carol]) await joinRoom(fixture, { roomId, userId })
    const bobs = await say(fixture, roomId, bob, 'mine')
    await assert.rejects(redact(fixture, roomId, carol, { eventId: bobs }), refusal(403, 'M_FORBIDDEN'))
    await redact(fixture, roomId, bob, { eventId: bobs })
    const carols = await say(fixture, roomId, carol, 'hers')
    await redact(fixture, roomId, alice, { eventId: carols })
    assert.deepEqual((await findEvent(fixture.db, carols))?.content, {})
    await setState(fixture, roomId, alice, {
      type: 'm.room.power_levels',
      content: { users: { [bob]: 50, [carol]: 49 }, events: { 'm.room.redaction': 50 } },
    })
    const again = await say(fixture, roomId, carol, 'again')
    await assert.rejects(redact(fixture, roomId, carol, { eventId: again }), refusal(403, 'M_FORBIDDEN'))
    await redact(fixture, roomId, bob, { eventId: again })
  })

  test('a redaction by a sender who is not joined, of an unknown event or of the create event is refused', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const eventId = await say(fixture, roomId, alice, 'here')
    const inOtherRoom = await say(fixture, await publicRoom(fixture), alice, 'other room')
    const forbidden = refusal(403, 'M_FORBIDDEN')
    const missing = refusal(404, 'M_NOT_FOUND')
    await assert.rejects(redact(fixture, roomId, bob, { eventId }), forbidden)
    await assert.rejects(redact(fixture, roomId, bob, { eventId: '$nothing' as EventId }), forbidden)
    await assert.rejects(redact(fixture, roomId, alice, { eventId: inOtherRoom }), missing)
    await assert.rejects(redact(fixture, roomId, alice, { eventId: '$nothing' as EventId }), missing)
    const [create] = await fixture.db.all(eventsOf, { roomId })
    await assert.rejects(redact(fixture, roomId, alice, { eventId: create?.event_id as EventId }), forbidden)
    await joinRoom(fixture, { roomId, userId: bob })
    const bobs = await say(fixture, roomId, bob, 'mine')
    await leaveRoom(fixture, { roomId, userId: bob })
    await assert.rejects(redact(fixture, roomId, bob, { eventId: bobs }), forbidden)
    assert.notDeepEqual((await findEvent(fixture.db, bobs))?.content, {})
  })

  test('a repeated transaction id returns the same redaction, and a second redaction changes nothing', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const eventId = await say(fixture, roomId, alice, 'secret')
    const [first, same] = await Promise.all([
      redact(fixture, roomId, alice, { eventId, txnId: 'x' }),
      redact(fixture, roomId, alice, { eventId, txnId: 'x' }),
    ])
    assert.equal(same, first)
    assert.notEqual(await redact(fixture, roomId, alice, { eventId }), first)
    assert.equal((await findEvent(fixture.db, eventId))?.redactedBy, first)
  })

  test('a redaction that is sent as an ordinary event redacts as well', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const eventId = await say(fixture, roomId, alice, 'secret')
    const by = await sendMessage(fixture, {
      roomId,
      sender: alice,
      type: 'm.room.redaction',
      content: { redacts: eventId, reason: 'typo' },
      transaction: { deviceId: phone, txnId: 'x' },
    })
    assert.equal((await findEvent(fixture.db, eventId))?.redactedBy, by)
    assert.deepEqual((await findEvent(fixture.db, by))?.content, { redacts: eventId, reason: 'typo' })
  })

  test('a redacted member event keeps the membership, and the display name is removed from the membership row', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    await joinRoom(fixture, { roomId, userId: bob })
    const content = { membership: 'join', displayname: 'Rude Name', avatar_url: 'mxc://here/x' }
    const member = { type: 'm.room.member', stateKey: bob, content }
    const eventId = await setState(fixture, roomId, bob, member)
    await redact(fixture, roomId, alice, { eventId })
    assert.deepEqual(await stateOf(fixture, roomId, 'm.room.member', bob), { membership: 'join' })
    const row = await membershipIn(fixture.db, roomId, bob)
    assert.deepEqual(
      [row?.membership, row?.displayname, row?.avatar_url, row?.name_key, row?.localpart_key],
      ['join', null, null, '', 'bob'],
    )
  })
})

test('a redaction keeps the keys that the room version protects', () => {
  const levels = { ban: 1, events: {}, events_default: 1, kick: 1, redact: 1, state_default: 1 }
  const users = { users: {}, users_default: 0 }
  const cases: [string, JsonObject, JsonObject, JsonObject][] = [
    ['m.room.message', { body: 'x' }, {}, {}],
    ['m.room.create', { creator: alice, extra: 1 }, { creator: alice }, { creator: alice, extra: 1 }],
    [
      'm.room.join_rules',
      { join_rule: 'x', allow: [], y: 1 },
      { join_rule: 'x', allow: [] },
      { join_rule: 'x', allow: [] },
    ],
    [
      'm.room.power_levels',
      { ...levels, ...users, invite: 1, notifications: {} },
      { ...levels, ...users },
      { ...levels, ...users, invite: 1 },
    ],
    [
      'm.room.history_visibility',
      { history_visibility: 'x', y: 1 },
      { history_visibility: 'x' },
      { history_visibility: 'x' },
    ],
    ['m.room.redaction', { redacts: '$x', reason: 'y' }, {}, { redacts: '$x' }],
    [
      'm.room.member',
      {
        membership: 'join',
        displayname: 'x',
        join_authorised_via_users_server: alice,
        third_party_invite: { signed: { a: 1 }, display_name: 'x' },
      },
      { membership: 'join', join_authorised_via_users_server: alice },
      {
        membership: 'join',
        join_authorised_via_users_server: alice,
        third_party_invite: { signed: { a: 1 } },
      },
    ],
  ]
  for (const [type, content, version10, version11] of cases) {
    assert.deepEqual(prunedContent(storedVersion('10'), type, content), version10, type)
    assert.deepEqual(prunedContent(storedVersion('11'), type, content), version11, type)
    assert.deepEqual(prunedContent(storedVersion('12'), type, content), version11, type)
  }
})
