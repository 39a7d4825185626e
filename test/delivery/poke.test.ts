import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { badgePoke, eventPoke, priorityOf, type EventPokeInput, testPoke } from '../../src/delivery/poke.ts'
import { isCall } from '../../src/lib/call-events.ts'
import type { EventId, RoomId, UserId } from '../../src/lib/ids.ts'
import type { PokeEvent } from '../../src/lib/matrix-event.ts'

const event: PokeEvent = {
  eventId: '$event' as EventId,
  roomId: '!room' as RoomId,
  type: 'm.room.message',
  stateKey: null,
  sender: '@alice:test' as UserId,
  content: { msgtype: 'm.text', body: 'hello' },
  senderDisplayName: 'Alice',
  roomName: 'Office',
}

const input: EventPokeInput = {
  event,
  recipient: '@bob:test' as UserId,
  device: {
    appId: 'org.example.app',
    pushkey: 'key',
    pushkeyTsMs: 1_700_000_000_999,
    lang: 'en',
    data: {
      url: 'https://gw.example/_matrix/push/v1/notify',
      endpoint: 'e',
      default_payload: { session_id: 's' },
    },
  },
  tweaks: { sound: 'default' },
  unread: 2,
}

const device = {
  app_id: 'org.example.app',
  pushkey: 'key',
  pushkey_ts: 1_700_000_000,
  data: { endpoint: 'e', default_payload: { session_id: 's' } },
}

const withEvent = (changes: Partial<PokeEvent>) =>
  eventPoke({ ...input, event: { ...event, ...changes } }).notification

suite('the full format', () => {
  test('has a digest of this server only, not one in the content of an event', () => {
    const forged = { body: 'hello', 'org.belfry.digest': { count: 99 } }
    assert.deepEqual(withEvent({ content: forged }).content, { body: 'hello' })
    const digest = { count: 1 }
    const { content } = eventPoke({ ...input, event: { ...event, content: forged }, digest }).notification
    assert.deepEqual(content, { body: 'hello', 'org.belfry.digest': digest })
  })

  test('contains every field, with the old id', () => {
    assert.deepEqual(eventPoke(input), {
      notification: {
        id: '$event',
        event_id: '$event',
        room_id: '!room',
        type: 'm.room.message',
        sender: '@alice:test',
        sender_display_name: 'Alice',
        room_name: 'Office',
        prio: 'high',
        content: { msgtype: 'm.text', body: 'hello' },
        counts: { unread: 2 },
        devices: [{ ...device, tweaks: { sound: 'default' } }],
      },
    })
  })

  test('omits absent fields', () => {
    const { senderDisplayName: _n, roomName: _r, ...bare } = event
    const { notification } = eventPoke({ ...input, event: { ...bare, content: {} }, tweaks: {}, unread: 0 })
    assert.deepEqual(notification, {
      id: '$event',
      event_id: '$event',
      room_id: '!room',
      type: 'm.room.message',
      sender: '@alice:test',
      sender_display_name: '@alice:test',
      prio: 'low',
      counts: {},
      devices: [device],
    })
  })

  test('marks an invitation of the recipient', () => {
    const invite = { type: 'm.room.member', stateKey: '@bob:test', content: { membership: 'invite' } }
    const ownInvite = withEvent(invite)
    assert.deepEqual([ownInvite.membership, ownInvite.user_is_target], ['invite', true])
    const otherInvite = withEvent({ ...invite, stateKey: '@carol:test' })
    assert.deepEqual([otherInvite.membership, otherInvite.user_is_target], ['invite', false])
  })

  test('has membership only for member state events, and only as a string', () => {
    const message = withEvent({ type: 'm.room.member', content: { membership: 'invite' } })
    assert.ok(!('membership' in message) && !('user_is_target' in message))
    const malformed = withEvent({ type: 'm.room.member', stateKey: '@bob:test', content: { membership: 7 } })
    assert.ok(!('membership' in malformed))
    assert.equal(malformed.user_is_target, true)
  })
})

test('event_id_only contains ids, counts and the device, and no tweaks', () => {
  const data = { ...input.device.data, format: 'event_id_only' }
  assert.deepEqual(eventPoke({ ...input, device: { ...input.device, data } }), {
    notification: {
      event_id: '$event',
      room_id: '!room',
      prio: 'high',
      counts: { unread: 2 },
      devices: [{ ...device, data: { ...device.data, format: 'event_id_only' } }],
    },
  })
})

test('a badge poke contains only counts and the device, also for zero', () => {
  assert.deepEqual(badgePoke({ device: input.device, unread: 0 }), {
    notification: { counts: { unread: 0 }, devices: [device] },
  })
})

suite('priority', () => {
  const rows = [
    ['m.room.message', {}, 'low'],
    ['m.room.message', { highlight: true }, 'high'],
    ['m.room.message', { highlight: false }, 'low'],
    ['m.room.message', { sound: 'default' }, 'high'],
    ['m.room.message', { sound: '' }, 'low'],
    ['m.room.message', { colour: 'red' }, 'low'],
    ['m.room.encrypted', {}, 'high'],
    ['m.call.invite', {}, 'high'],
    ['m.rtc.notification', {}, 'high'],
  ] as const
  for (const [type, tweaks, priority] of rows) {
    test(`${type} with ${JSON.stringify(tweaks)} is ${priority}`, () =>
      assert.equal(priorityOf(type, tweaks), priority))
  }

  test('recognises calls by their type', () => {
    assert.ok(isCall('m.call.hangup') && isCall('org.matrix.msc4075.rtc.notification'))
    assert.ok(!isCall('m.callous') && !isCall('m.room.message'))
  })
})

test('omits the counts for a pusher without badge counts, in both forms (MSC4076)', () => {
  const short = { ...input.device, data: { ...input.device.data, format: 'event_id_only' } }
  for (const device of [input.device, short]) {
    const { notification } = eventPoke({ ...input, device, unread: null })
    assert.ok(!('counts' in notification))
    assert.deepEqual(eventPoke({ ...input, device, unread: 0 }).notification.counts, {})
  }
})

test('a test poke contains only the event id and the device, without the URL in its data (MSC4173)', () => {
  const { url: _url, ...data } = input.device.data
  const poke = testPoke({ device: { ...input.device, pushkeyTsMs: 12_345 }, eventId: '$test' })
  const { appId: app_id, pushkey } = input.device
  assert.deepEqual(poke, {
    notification: { event_id: '$test', devices: [{ app_id, pushkey, pushkey_ts: 12, data }] },
  })
  assert.ok(input.device.data.url !== undefined)
})
