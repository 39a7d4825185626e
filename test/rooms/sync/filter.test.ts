import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { UserId } from '../../../src/lib/ids.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { MatrixError } from '../../../src/lib/errors.ts'
import {
  excludesAll,
  includesRoom,
  matchesRoomEvent,
  parseFilter,
  pickFields,
  readFilter,
  readRoomEventFilter,
} from '../../../src/rooms/sync/filter.ts'

const message = {
  type: 'm.room.message',
  sender: '@bob:x' as UserId,
  content: { body: 'hi', url: 'mxc://x/y' },
}
const plain = { type: 'm.room.message', sender: '@bob:x' as UserId, content: { body: 'hi' } }

describe('filters', () => {
  const cases: [string, JsonObject, typeof message | typeof plain, boolean][] = [
    ['an empty filter matches each event', {}, message, true],
    ['types with the type of the event match', { types: ['m.room.message'] }, message, true],
    ['types without the type of the event do not match', { types: ['m.room.topic'] }, message, false],
    ['an empty list of types does not match', { types: [] }, message, false],
    ['types with a wildcard match', { types: ['m.room.*'] }, message, true],
    ['not_types with the type of the event does not match', { not_types: ['m.*'] }, message, false],
    [
      'not_types overrides types',
      { types: ['m.room.message'], not_types: ['m.room.message'] },
      message,
      false,
    ],
    ['senders with the sender match', { senders: ['@bob:x'] }, message, true],
    ['senders without the sender do not match', { senders: ['@carol:x'] }, message, false],
    ['not_senders with the sender does not match', { not_senders: ['@bob:x'] }, message, false],
    ['not_senders overrides senders', { senders: ['@bob:x'], not_senders: ['@bob:x'] }, message, false],
    ['rooms with the room match', { rooms: ['!a:x'] }, message, true],
    ['rooms without the room do not match', { rooms: ['!b:x'] }, message, false],
    ['not_rooms with the room does not match', { not_rooms: ['!a:x'] }, message, false],
    ['contains_url true matches an event with a url', { contains_url: true }, message, true],
    ['contains_url true does not match an event without a url', { contains_url: true }, plain, false],
    ['contains_url false does not match an event with a url', { contains_url: false }, message, false],
    ['contains_url false matches an event without a url', { contains_url: false }, plain, true],
    [
      'null is treated as absent',
      { types: null, senders: null, contains_url: null, limit: null },
      message,
      true,
    ],
  ]
  for (const [name, filter, event, expected] of cases)
    test(name, () => {
      const parsed = readRoomEventFilter(JSON.stringify(filter))
      assert.equal(matchesRoomEvent(parsed, '!a:x', event), expected)
    })

  test('rooms and not_rooms of the room filter select rooms', () => {
    const filter = parseFilter({ room: { rooms: ['!a', '!b'], not_rooms: ['!b'] } })
    assert.deepEqual(
      ['!a', '!b', '!c'].map((id) => includesRoom(filter, id)),
      [true, false, false],
    )
    assert.equal(excludesAll(parseFilter({ room: { timeline: { types: [] } } }).timeline), true)
    assert.equal(excludesAll(parseFilter({}).timeline), false)
  })

  const malformed: [string, string][] = [
    ['{', 'M_NOT_JSON'],
    ['[]', 'M_BAD_JSON'],
    ['"id"', 'M_BAD_JSON'],
    ['{"room": []}', 'M_BAD_JSON'],
    ['{"room": {"rooms": "!a"}}', 'M_BAD_JSON'],
    ['{"room": {"timeline": {"limit": "10"}}}', 'M_BAD_JSON'],
    ['{"room": {"timeline": {"limit": 1.5}}}', 'M_BAD_JSON'],
    ['{"room": {"timeline": {"types": [1]}}}', 'M_BAD_JSON'],
    ['{"room": {"state": {"lazy_load_members": 1}}}', 'M_BAD_JSON'],
    ['{"account_data": {"senders": {}}}', 'M_BAD_JSON'],
    ['{"event_fields": "content"}', 'M_BAD_JSON'],
  ]
  for (const [text, errcode] of malformed)
    test(`returns 400 for the malformed filter ${text}`, () => {
      assert.throws(
        () => readFilter(text),
        (error) => error instanceof MatrixError && error.status === 400 && error.errcode === errcode,
      )
    })

  test('the parser accepts or refuses with 400 each JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          parseFilter(value)
        } catch (error) {
          assert.ok(error instanceof MatrixError && error.status === 400)
        }
      }),
    )
  })

  test('event_fields keeps the named fields and the required fields of an event', () => {
    const event = {
      type: 'm.room.message',
      event_id: '$1',
      sender: '@bob:x' as UserId,
      origin_server_ts: 1,
      content: { body: 'hi', 'm.relates_to': { event_id: '$0', key: 'a' }, other: 1 },
      unsigned: { age: 5 },
    }
    const kept = { type: 'm.room.message', event_id: '$1', sender: '@bob:x' as UserId, origin_server_ts: 1 }
    const pick = (...paths: string[]) => pickFields(event, paths)
    assert.equal(pickFields(event, undefined), event)
    assert.deepEqual(pick(), { ...kept, content: {} })
    assert.deepEqual(pick('content.body'), { ...kept, content: { body: 'hi' } })
    assert.deepEqual(pick('content.m\\.relates_to.key', 'content.body'), {
      ...kept,
      content: { 'm.relates_to': { key: 'a' }, body: 'hi' },
    })
    assert.deepEqual(pick('content', 'content.body'), { ...kept, content: event.content })
    assert.deepEqual(pick('content.body', 'content'), { ...kept, content: event.content })
    assert.deepEqual(pick('unsigned.age', 'nothing.here', '__proto__.x'), {
      ...kept,
      unsigned: { age: 5 },
      content: {},
    })
    assert.deepEqual(
      Object.keys(event.content),
      ['body', 'm.relates_to', 'other'],
      'the event is not changed',
    )
  })
})
