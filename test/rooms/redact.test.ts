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

let transactions = 0
function redact(
  world: World,
  roomId: RoomId,
  sender: UserId,
  { eventId, txnId = `r${transactions++}` }: { eventId: EventId; txnId?: string },
) {
  const transaction = { deviceId: phone, txnId }
  return redactEvent(world, { roomId, sender, eventId, content: { reason: 'spam' }, transaction })
}

onEachDatabase('redaction', (open) => {
  for (const version of ['10', '11', '12'])
    test(`takes the content away and says by what (room version ${version})`, async (t) => {
      const world = await openWorld(await open(t))
      const roomId = await publicRoom(world, { room_version: version })
      const eventId = await say(world, roomId, alice, 'secret')
      const by = await redact(world, roomId, alice, { eventId })
      const event = await findEvent(world.db, eventId)
      assert.deepEqual(event?.content, {})
      assert.equal(event.redactedBy, by)
      const options = { viewer: { userId: bob, deviceId: phone }, now: START }
      const [seen] = await clientEvents(world.db, [event], options)
      const because = ((seen as JsonObject)['unsigned'] as { redacted_because: JsonObject }).redacted_because
      assert.equal(because['redacts'], eventId)
      assert.equal(because['event_id'], by)
      assert.deepEqual(because['content'], { reason: 'spam', redacts: eventId })
      const stored = (await findEvent(world.db, by))?.content
      assert.equal(stored?.['redacts'], version === '10' ? undefined : eventId)
    })

  test('one’s own events; those of others with the level', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    for (const userId of [bob, carol]) await joinRoom(world, { roomId, userId })
    const bobs = await say(world, roomId, bob, 'mine')
    await assert.rejects(redact(world, roomId, carol, { eventId: bobs }), refusal(403, 'M_FORBIDDEN'))
    await redact(world, roomId, bob, { eventId: bobs })
    const carols = await say(world, roomId, carol, 'hers')
    await redact(world, roomId, alice, { eventId: carols })
    assert.deepEqual((await findEvent(world.db, carols))?.content, {})
    await setState(world, roomId, alice, {
      type: 'm.room.power_levels',
      content: { users: { [bob]: 50, [carol]: 49 }, events: { 'm.room.redaction': 50 } },
    })
    const again = await say(world, roomId, carol, 'again')
    await assert.rejects(redact(world, roomId, carol, { eventId: again }), refusal(403, 'M_FORBIDDEN'))
    await redact(world, roomId, bob, { eventId: again })
  })

  test('from outside, of what is elsewhere or nowhere, of the creation: refused', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    const eventId = await say(world, roomId, alice, 'here')
    const elsewhere = await say(world, await publicRoom(world), alice, 'elsewhere')
    const forbidden = refusal(403, 'M_FORBIDDEN')
    const missing = refusal(404, 'M_NOT_FOUND')
    await assert.rejects(redact(world, roomId, bob, { eventId }), forbidden)
    await assert.rejects(redact(world, roomId, bob, { eventId: '$nothing' as EventId }), forbidden)
    await assert.rejects(redact(world, roomId, alice, { eventId: elsewhere }), missing)
    await assert.rejects(redact(world, roomId, alice, { eventId: '$nothing' as EventId }), missing)
    const [create] = await world.db.all(eventsOf, { roomId })
    await assert.rejects(redact(world, roomId, alice, { eventId: create?.event_id as EventId }), forbidden)
    await joinRoom(world, { roomId, userId: bob })
    const bobs = await say(world, roomId, bob, 'mine')
    await leaveRoom(world, { roomId, userId: bob })
    await assert.rejects(redact(world, roomId, bob, { eventId: bobs }), forbidden)
    assert.notDeepEqual((await findEvent(world.db, bobs))?.content, {})
  })

  test('the same transaction id is the same redaction; a second one changes nothing more', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    const eventId = await say(world, roomId, alice, 'secret')
    const [first, same] = await Promise.all([
      redact(world, roomId, alice, { eventId, txnId: 'x' }),
      redact(world, roomId, alice, { eventId, txnId: 'x' }),
    ])
    assert.equal(same, first)
    assert.notEqual(await redact(world, roomId, alice, { eventId }), first)
    assert.equal((await findEvent(world.db, eventId))?.redactedBy, first)
  })

  test('sent as an ordinary event, it redacts as well', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    const eventId = await say(world, roomId, alice, 'secret')
    const by = await sendMessage(world, {
      roomId,
      sender: alice,
      type: 'm.room.redaction',
      content: { redacts: eventId, reason: 'typo' },
      transaction: { deviceId: phone, txnId: 'x' },
    })
    assert.equal((await findEvent(world.db, eventId))?.redactedBy, by)
    assert.deepEqual((await findEvent(world.db, by))?.content, { redacts: eventId, reason: 'typo' })
  })

  test('a member event keeps the membership, and the name goes from where it is looked up', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    await joinRoom(world, { roomId, userId: bob })
    const content = { membership: 'join', displayname: 'Rude Name', avatar_url: 'mxc://here/x' }
    const member = { type: 'm.room.member', stateKey: bob, content }
    const eventId = await setState(world, roomId, bob, member)
    await redact(world, roomId, alice, { eventId })
    assert.deepEqual(await stateOf(world, roomId, 'm.room.member', bob), { membership: 'join' })
    const row = await membershipIn(world.db, roomId, bob)
    assert.deepEqual(
      [row?.membership, row?.displayname, row?.avatar_url, row?.name_key, row?.localpart_key],
      ['join', null, null, '', 'bob'],
    )
  })
})

test('what a redaction lets stay', () => {
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
