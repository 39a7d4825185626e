import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import fc from 'fast-check'

import { parseNotification } from '../../src/gateway/notification.ts'
import { MatrixError } from '../../src/lib/errors.ts'

const device = { app_id: 'app', pushkey: 'key' }

suite('parseNotification accepts', () => {
  test('a notification with all members, and keeps unknown keys', () => {
    const notification = {
      id: '$e',
      event_id: '$e',
      room_id: '!r',
      type: 'm.room.message',
      sender: '@alice:example.org',
      sender_display_name: 'Alice',
      room_name: 'Kitchen',
      room_alias: '#kitchen:example.org',
      user_is_target: false,
      prio: 'low',
      content: { body: 'Dinner', 'org.example.nested': [{ a: null }] },
      counts: { unread: 1, missed_calls: 2, 'org.example.count': 3 },
      devices: [{ ...device, pushkey_ts: 12, data: { format: 'x' }, tweaks: { sound: 'bing' }, extra: 1 }],
      'org.example.key': true,
    }
    assert.deepEqual(parseNotification({ notification, other: 1 }), { notification, malformed: 0 })
  })

  test('counts only, as in the specification and as existing servers send them', () => {
    for (const rest of [
      {},
      { id: '', type: null, sender: '' },
      { content: null, counts: null, room_id: null },
    ]) {
      assert.deepEqual(
        parseNotification({ notification: { counts: { unread: 0 }, devices: [device], ...rest } })
          .notification,
        {
          counts: { unread: 0 },
          devices: [device],
          ...rest,
        },
      )
    }
    const nulls = { ...device, data: null, tweaks: null, pushkey_ts: null }
    assert.deepEqual(parseNotification({ notification: { devices: [nulls] } }).notification, {
      devices: [nulls],
    })
  })

  test('100 devices', () => {
    const devices = Array.from({ length: 100 }, () => device)
    assert.equal(parseNotification({ notification: { devices } }).notification.devices.length, 100)
  })
})

suite('a malformed member of a notification', () => {
  const rows: [title: string, given: Record<string, unknown>][] = [
    ['strings', { event_id: 7, room_id: {}, type: [], sender: true, sender_display_name: 1, room_name: 2 }],
    ['other members', { prio: 5, room_alias: 6, user_is_target: 'yes', content: 'x', counts: 3 }],
    ['a list as content', { content: [] }],
  ]
  for (const [title, given] of rows) {
    test(`is treated as absent: ${title} of the wrong type`, () => {
      const { notification } = parseNotification({ notification: { ...given, devices: [device] } })
      assert.deepEqual(JSON.parse(JSON.stringify(notification)), { devices: [device] })
    })
  }

  test('is treated as absent, for each count separately', () => {
    for (const malformed of ['3', 1.5, -1, 2 ** 60, true, []]) {
      const counts = { unread: malformed, missed_calls: 2 }
      const { notification } = parseNotification({ notification: { counts, devices: [device] } })
      assert.deepEqual(notification.counts, { unread: undefined, missed_calls: 2 }, String(malformed))
    }
  })

  test('is treated as absent in a device', () => {
    for (const malformed of [
      { data: [] },
      { data: 'x' },
      { tweaks: 7 },
      { pushkey_ts: '12' },
      { pushkey_ts: -1 },
    ]) {
      const { notification } = parseNotification({ notification: { devices: [{ ...device, ...malformed }] } })
      assert.deepEqual(JSON.parse(JSON.stringify(notification.devices)), [device], JSON.stringify(malformed))
    }
  })

  test('does not affect other devices: devices without ids are left out and counted', () => {
    const devices = [7, device, null, { ...device, app_id: 7 }, { pushkey: 'k' }]
    const parsed = parseNotification({ notification: { devices } })
    assert.deepEqual(parsed, { notification: { devices: [device] }, malformed: 4 })
  })

  test('does not cause a change of the input', () => {
    const body = {
      notification: { content: { a: '\0', deep: [Infinity] }, devices: [{ ...device, data: 7 }] },
    }
    const before = structuredClone(body)
    parseNotification(body)
    assert.deepEqual(body, before)
  })
})

suite('parseNotification refuses', () => {
  const rows: [title: string, body: unknown, errcode: string, names: RegExp][] = [
    ['no notification', {}, 'M_MISSING_PARAM', /: notification$/],
    ['no devices', { notification: {} }, 'M_MISSING_PARAM', /: notification\.devices$/],
    ['null', null, 'M_BAD_JSON', /the body/],
    ['a list', [], 'M_BAD_JSON', /the body/],
    ['a string', 'x', 'M_BAD_JSON', /the body/],
    ['undefined', undefined, 'M_BAD_JSON', /the body/],
    ['notification of the wrong type', { notification: 'x' }, 'M_BAD_JSON', /notification/],
    ['devices not a list', { notification: { devices: device } }, 'M_BAD_JSON', /notification\.devices/],
    ['devices null', { notification: { devices: null } }, 'M_BAD_JSON', /notification\.devices/],
    ['an empty list of devices', { notification: { devices: [] } }, 'M_INVALID_PARAM', /empty/],
    [
      'too many devices',
      { notification: { devices: Array.from({ length: 101 }, () => device) } },
      'M_INVALID_PARAM',
      /100/,
    ],
    [
      'devices without ids, and names them all',
      { notification: { devices: [{ app_id: 'a' }, { pushkey: 'k' }] } },
      'M_MISSING_PARAM',
      /notification\.devices\.0\.pushkey, notification\.devices\.1\.app_id$/,
    ],
    ['a device that is not an object', { notification: { devices: [7] } }, 'M_BAD_JSON', /devices\.0/],
    [
      'app_id not a string',
      { notification: { devices: [{ ...device, app_id: 7 }] } },
      'M_BAD_JSON',
      /devices\.0\.app_id/,
    ],
    [
      'pushkey not a string',
      { notification: { devices: [{ ...device, pushkey: null }] } },
      'M_BAD_JSON',
      /devices\.0\.pushkey/,
    ],
  ]
  for (const [title, body, errcode, names] of rows) {
    test(title, () => {
      assert.throws(() => parseNotification(body), {
        name: 'MatrixError',
        status: 400,
        errcode,
        message: names,
      })
    })
  }

  test('does not repeat a value in the error', () => {
    const body = { notification: { devices: [{ app_id: 'a', pushkey: { secret: 'secret-key' } }] } }
    assert.throws(
      () => parseNotification(body),
      (error) => !String(error).includes('secret'),
    )
  })

  test('an arbitrary body is a notification or a 400', () => {
    const part = fc.oneof(fc.jsonValue(), fc.constant([device]), fc.constant(undefined))
    const body = fc.oneof(
      fc.jsonValue(),
      fc.record({ notification: fc.record({ devices: part, counts: part, content: part, __proto__: part }) }),
    )
    fc.assert(
      fc.property(body, (value) => {
        try {
          assert.ok(parseNotification(value).notification.devices.length > 0)
        } catch (error) {
          assert.ok(error instanceof MatrixError && error.status === 400, String(error))
        }
      }),
    )
  })
})
