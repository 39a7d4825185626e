import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import fc from 'fast-check'

import { fcmForms } from '../../../src/gateway/fcm/payload.ts'
import { fit } from '../../../src/gateway/message-forms.ts'
import { BADGE_ONLY, ID_ONLY, messageOf, ROOM_MESSAGE } from '../message.ts'
import { ROOM_MESSAGE_DATA } from './fixture.ts'
import { runs } from '../../support/property.ts'

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

suite("the FCM data equals Sygnal's", () => {
  const { unread: _unread, missed_calls: _missedCalls, ...withoutCounts } = ROOM_MESSAGE_DATA
  const ids = { event_id: ROOM_MESSAGE_DATA.event_id, room_id: ROOM_MESSAGE_DATA.room_id, prio: 'high' }
  const rows: [title: string, given: Case, expected: unknown][] = [
    ['a message with content', {}, ROOM_MESSAGE_DATA],
    ['ids only', { notification: ID_ONLY }, { ...ids, unread: '2' }],
    ['counts only', { notification: BADGE_ONLY }, { prio: 'high', unread: '2' }],
    [
      'an unread count of 0 is sent',
      { notification: { counts: { unread: 0 } } },
      { prio: 'high', unread: '0' },
    ],
    ['send_badge_counts off, a message with content', { sendBadgeCounts: false }, withoutCounts],
    ['send_badge_counts off, ids only', { sendBadgeCounts: false, notification: ID_ONLY }, ids],
    ['send_badge_counts off, counts only', { sendBadgeCounts: false, notification: BADGE_ONLY }, 'nothing'],
    ['empty counts', { notification: { counts: {} } }, 'nothing'],
    ['low priority', { notification: { ...ID_ONLY, prio: 'low' } }, { ...ids, prio: 'normal', unread: '2' }],
    [
      'absent values and values that are not strings are left out',
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
      'values of the default payload become strings, and the notification overrides them',
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
      'names reserved by FCM are left out',
      {
        notification: { event_id: '$e' },
        data: {
          default_payload: { from: 'x', message_type: 'x', 'gcm.x': 'x', google_y: 'x', fromage: 'brie' },
        },
      },
      { fromage: 'brie', event_id: '$e', prio: 'high' },
    ],
    [
      'a default payload that is null is ignored',
      { notification: { event_id: '$e' }, data: { default_payload: null } },
      { event_id: '$e', prio: 'high' },
    ],
    ['a default payload that is a list', { data: { default_payload: [] } }, 'malformed'],
  ]
  for (const [title, given, expected] of rows) {
    test(title, () => assert.deepEqual(dataOf(given), expected))
  }
})

suite('FCM data that is too long', () => {
  const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value))
  const texts = (data: unknown) => data as Record<string, string>

  test('each text is cut to 1024 bytes without splitting a character', () => {
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

  test('a text of 1024 bytes is not cut', () => {
    const notification = { ...ROOM_MESSAGE, content: { body: 'ü'.repeat(512) } }
    assert.equal(texts(dataOf({ notification })).content_body, 'ü'.repeat(512))
  })

  test('the formatted body is removed first, then the longest texts are cut to the same length', () => {
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

  test('only ids and counts are left when cutting texts is not enough', () => {
    const content = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`key_${index}`, 'long enough']),
    )
    const data = texts(dataOf({ notification: { ...ROOM_MESSAGE, content } }))
    assert.deepEqual(Object.keys(data), ['event_id', 'room_id', 'prio', 'unread', 'missed_calls'])
  })

  test('all data fits, contains only strings and has no reserved name, for arbitrary notifications', () => {
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
      { numRuns: runs(50) },
    )
  })
})
