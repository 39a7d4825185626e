import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DeviceId, EventId, UserId } from '../../src/lib/ids.ts'
import {
  clientEvent,
  type ClientEventOptions,
  type Event,
  eventSummary,
  isInvitationOf,
  isMemberEventOf,
  ownStrippedEvent,
  ruleEvent,
  strippedStateEvent,
  syncEvent,
} from '../../src/lib/matrix-event.ts'
import { testEvent } from '../support/event.ts'

const SENT_AT = 1_800_000_000_000
const alice = '@alice:test' as UserId
const bob = '@bob:test' as UserId
const phone = 'PHONE' as DeviceId
const viewedBy = (userId: UserId, deviceId: DeviceId | null): ClientEventOptions => ({
  viewer: { userId, deviceId },
  now: SENT_AT + 50,
})
const byBob = viewedBy(bob, phone)

const message = testEvent()
const topic = testEvent({
  eventId: '$topic' as EventId,
  type: 'm.room.topic',
  stateKey: '',
  content: { topic: 'Soup' },
  replacesEventId: '$before' as EventId,
})
const redaction = testEvent({
  eventId: '$redaction' as EventId,
  type: 'm.room.redaction',
  content: { reason: 'spam' },
  redacts: '$message' as EventId,
})
const invitation = testEvent({
  eventId: '$invitation' as EventId,
  type: 'm.room.member',
  stateKey: bob,
  content: { membership: 'invite' },
})

const inRoom = { room_id: '!room:test' }
const sent = { sender: alice, origin_server_ts: SENT_AT }
const formattedMessage = {
  ...sent,
  type: 'm.room.message',
  event_id: '$message',
  content: { msgtype: 'm.text', body: 'Dinner' },
  unsigned: { age: 50 },
}
const formattedRedaction = {
  ...sent,
  type: 'm.room.redaction',
  event_id: '$redaction',
  redacts: '$message',
  content: { reason: 'spam', redacts: '$message' },
  unsigned: { age: 50 },
}

type FormatCase = { title: string; event: Event; options?: ClientEventOptions; expected: object }

/** Without the room id. */
const formats: FormatCase[] = [
  { title: 'a message has no state_key', event: message, expected: formattedMessage },
  {
    title: 'the device that sent an event sees its transaction id',
    event: message,
    options: viewedBy(alice, phone),
    expected: { ...formattedMessage, unsigned: { age: 50, transaction_id: 'txn1' } },
  },
  {
    title: 'another device of the sender does not see the transaction id',
    event: message,
    options: viewedBy(alice, 'DESK' as DeviceId),
    expected: formattedMessage,
  },
  {
    title: 'the age is 0 when the clock was set back',
    event: message,
    options: { ...byBob, now: SENT_AT - 1 },
    expected: { ...formattedMessage, unsigned: { age: 0 } },
  },
  {
    title: 'a state event names the event that it replaced, and its content',
    event: topic,
    options: { ...byBob, prevContent: { topic: 'Bread' } },
    expected: {
      ...sent,
      type: 'm.room.topic',
      event_id: '$topic',
      state_key: '',
      content: { topic: 'Soup' },
      unsigned: { age: 50, replaces_state: '$before', prev_content: { topic: 'Bread' } },
    },
  },
  {
    title: 'a redaction has redacts at the top and in the content',
    event: redaction,
    expected: formattedRedaction,
  },
  {
    title: 'redacts in the content stays as the sender wrote it (room version 11)',
    event: { ...redaction, content: { redacts: '$message' } },
    expected: { ...formattedRedaction, content: { redacts: '$message' } },
  },
  {
    title: 'a redacted event carries its redaction with a room id',
    event: testEvent({ content: {}, redactedBy: redaction.eventId }),
    options: { ...byBob, redactedBecause: redaction },
    expected: {
      ...formattedMessage,
      content: {},
      unsigned: { age: 50, redacted_because: { ...formattedRedaction, ...inRoom } },
    },
  },
]

describe('the format for clients', () => {
  for (const { title, event, options = byBob, expected } of formats) {
    test(`${title}: clientEvent`, () =>
      assert.deepEqual(clientEvent(event, options), { ...expected, ...inRoom }))
    test(`${title}: syncEvent, without the room id`, () =>
      assert.deepEqual(syncEvent(event, options), expected))
  }

  test('the content is not copied for each viewer', () =>
    assert.equal(clientEvent(message, byBob)['content'], message.content))
})

describe('the projections without a viewer', () => {
  const cases: { title: string; actual: object; expected: object }[] = [
    {
      title: 'stripped state has type, state key, sender and content alone',
      actual: strippedStateEvent(topic),
      expected: { type: 'm.room.topic', state_key: '', sender: alice, content: { topic: 'Soup' } },
    },
    {
      title: "the user's own stripped member event has its id and time as well",
      actual: ownStrippedEvent(invitation),
      expected: {
        ...sent,
        type: 'm.room.member',
        state_key: bob,
        content: { membership: 'invite' },
        event_id: '$invitation',
      },
    },
    {
      title: 'push rules see a message without a state_key',
      actual: ruleEvent(message),
      expected: {
        ...sent,
        ...inRoom,
        type: 'm.room.message',
        event_id: '$message',
        content: message.content,
      },
    },
    {
      title: 'push rules see the state key of a state event, also an empty one',
      actual: ruleEvent(topic),
      expected: {
        ...sent,
        ...inRoom,
        type: 'm.room.topic',
        event_id: '$topic',
        state_key: '',
        content: topic.content,
      },
    },
    {
      title: 'push rules do not see transaction ids, threads and redactions',
      actual: ruleEvent(testEvent({ threadId: '$root', redactedBy: redaction.eventId })),
      expected: ruleEvent(message),
    },
    {
      title: 'the summary of the console API has no content',
      actual: eventSummary(message),
      expected: { event_id: '$message', ...inRoom, type: 'm.room.message', sender: alice },
    },
  ]
  for (const { title, actual, expected } of cases) test(title, () => assert.deepEqual(actual, expected))
})

describe('member events', () => {
  const member = (membership: string, stateKey: string | null = bob) =>
    testEvent({ type: 'm.room.member', stateKey, content: { membership } })
  const cases: { title: string; event: Event; isAbout: boolean; invites: boolean }[] = [
    { title: 'an invitation of the user', event: invitation, isAbout: true, invites: true },
    { title: 'a join of the user', event: member('join'), isAbout: true, invites: false },
    {
      title: 'an invitation of another user',
      event: member('invite', alice),
      isAbout: false,
      invites: false,
    },
    {
      title: 'a member event without a state key',
      event: member('invite', null),
      isAbout: false,
      invites: false,
    },
    {
      title: 'another type with the user as state key',
      event: { ...invitation, type: 'org.example.invite' },
      isAbout: false,
      invites: false,
    },
  ]
  for (const { title, event, isAbout, invites } of cases)
    test(`${title} ${isAbout ? 'is' : 'is not'} about the user, and ${invites ? 'invites' : 'does not invite'} them`, () =>
      assert.deepEqual([isMemberEventOf(event, bob), isInvitationOf(event, bob)], [isAbout, invites]))
})
