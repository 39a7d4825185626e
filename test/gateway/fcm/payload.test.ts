import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import fc from 'fast-check'

import { fcmForms } from '../../../src/gateway/fcm/payload.ts'
import { fit } from '../../../src/gateway/ladder.ts'
import { BADGE_ONLY, ID_ONLY, messageOf, ROOM_MESSAGE } from '../message.ts'
import { ROOM_MESSAGE_DATA } from './fixture.ts'

type Case = {
  notification?: object
  data?: Record<string, unknown> | null
  sendBadgeCounts?: boolean
  maxBytes?: number
}

function dataOf({
  notification = ROOM_MESSAGE,
  data,
  sendBadgeCounts = true,
  maxBytes = 4096,
}: Case = {}): unknown {
  const made = fcmForms(messageOf({ notification, device: data === undefined ? {} : { data } }), {
    sendBadgeCounts,
  })
  if (made.kind !== 'forms') return made.kind
  const fitting = fit(made.forms, maxBytes)
  return fitting === undefined ? 'refused' : (JSON.parse(fitting.text) as unknown)
}

suite('the data of Sygnal', () => {
  const { unread: _unread, missed_calls: _missedCalls, ...withoutCounts } = ROOM_MESSAGE_DATA
  const ids = { event_id: ROOM_MESSAGE_DATA.event_id, room_id: ROOM_MESSAGE_DATA.room_id, prio: 'high' }
  const rows: [title: string, given: Case, expected: unknown][] = [
    ['in full', {}, ROOM_MESSAGE_DATA],
    ['ids alone', { notification: ID_ONLY }, { ...ids, unread: '2' }],
    ['counts alone', { notification: BADGE_ONLY }, { prio: 'high', unread: '2' }],
    ['a count of zero clears', { notification: { counts: { unread: 0 } } }, { prio: 'high', unread: '0' }],
    ['counts switched off, in full', { sendBadgeCounts: false }, withoutCounts],
    ['counts switched off, ids alone', { sendBadgeCounts: false, notification: ID_ONLY }, ids],
    ['counts switched off, counts alone', { sendBadgeCounts: false, notification: BADGE_ONLY }, 'nothing'],
    ['counts that are empty', { notification: { counts: {} } }, 'nothing'],
    ['low priority', { notification: { ...ID_ONLY, prio: 'low' } }, { ...ids, prio: 'normal', unread: '2' }],
    [
      'what is absent is left out, and what is no text',
      {
        notification: {
          event_id: '$e',
          room_id: null,
          room_name: null,
          membership: 'invite',
          content: { n: 1, o: {}, s: 's' },
        },
      },
      { event_id: '$e', membership: 'invite', content_s: 's', prio: 'high' },
    ],
    [
      'a default payload under it, as texts',
      {
        notification: { event_id: '$e' },
        data: {
          default_payload: {
            text: 'x',
            number: 7,
            yes: true,
            none: null,
            list: [1],
            object: { a: 'b' },
            event_id: 'no',
          },
        },
      },
      { text: 'x', number: '7', yes: 'true', list: '[1]', object: '{"a":"b"}', event_id: '$e', prio: 'high' },
    ],
    [
      'names that FCM keeps for itself are left out',
      {
        notification: { event_id: '$e' },
        data: {
          default_payload: { from: 'x', message_type: 'x', 'gcm.x': 'x', google_y: 'x', fromage: 'brie' },
        },
      },
      { fromage: 'brie', event_id: '$e', prio: 'high' },
    ],
    [
      'a default payload that is null is none',
      { notification: { event_id: '$e' }, data: { default_payload: null } },
      { event_id: '$e', prio: 'high' },
    ],
    ['a default payload that is a list', { data: { default_payload: [] } }, 'malformed'],
  ]
  for (const [title, given, expected] of rows) {
    test(title, () => assert.deepEqual(dataOf(given), expected))
  }
})

suite('texts that are too long', () => {
  const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value))
  const texts = (data: unknown) => data as Record<string, string>

  test('each has at most 1024 bytes, whole characters', () => {
    for (const [char, expected] of [
      ['x', 1021],
      ['ü', 510],
      ['語', 340],
      ['🔔', 255],
    ] as const) {
      const notification = {
        ...ROOM_MESSAGE,
        room_name: char.repeat(1025),
        content: { body: char.repeat(1025) },
      }
      const data = texts(dataOf({ notification }))
      const cut = `${char.repeat(expected)}…`
      assert.deepEqual([data.room_name, data.content_body], [cut, cut])
    }
  })

  test('1024 bytes are not too long', () => {
    const notification = { ...ROOM_MESSAGE, content: { body: 'ü'.repeat(512) } }
    assert.equal(texts(dataOf({ notification })).content_body, 'ü'.repeat(512))
  })

  test('together they fit: the formatted body goes first, then the longest are cut', () => {
    const long = 'x'.repeat(1000)
    const content = { body: long, formatted_body: long, a: long, b: long, c: 'short' }
    const data = texts(dataOf({ notification: { ...ROOM_MESSAGE, room_name: long, content } }))
    assert.equal(data.content_formatted_body, undefined)
    assert.equal(data.content_c, 'short')
    assert.ok(size(data) <= 4096 && size(data) > 4090)
    const lengths = [data.content_body, data.content_a, data.content_b, data.room_name].map(
      (text) => text?.length,
    )
    assert.equal(new Set(lengths).size, 1)
  })

  test('when that is not enough, the ids alone are left', () => {
    const content = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`key_${index}`, 'long enough']),
    )
    const data = texts(dataOf({ notification: { ...ROOM_MESSAGE, content } }))
    assert.deepEqual(Object.keys(data), ['event_id', 'room_id', 'prio', 'unread', 'missed_calls'])
  })

  test('whatever comes, what goes fits, has texts alone and no reserved name', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 1500 }), fc.constant('🔔'.repeat(400)))
    const notification = fc.record({
      event_id: fc.constantFrom('$e', undefined),
      room_name: text,
      sender_display_name: text,
      content: fc.dictionary(fc.string(), fc.oneof(text, fc.jsonValue())),
      counts: fc.constantFrom({ unread: 1 }, null),
    })
    const payload = fc.dictionary(fc.constantFrom('from', 'gcm', 'a', '__proto__', 'google'), fc.jsonValue())
    fc.assert(
      fc.property(notification, payload, (about, default_payload) => {
        const data = dataOf({ notification: about, data: { default_payload } })
        if (typeof data === 'string') return
        assert.ok(size(data) <= 4096)
        for (const [key, value] of Object.entries(data as object)) {
          assert.equal(typeof value, 'string')
          assert.doesNotMatch(key, /^(?:from$|gcm|google|message_type$)/)
        }
      }),
      { numRuns: 50 },
    )
  })
})
