import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import fc from 'fast-check'

import { apnsForms } from '../../../src/gateway/apns/payload.ts'
import { fit } from '../../../src/gateway/message-forms.ts'
import { BADGE_ONLY, ID_ONLY, messageOf, ROOM_MESSAGE } from '../message.ts'
import { runs } from '../../support/property.ts'

// The expected payloads are those that Sygnal sends.

const DEFAULT_PAYLOAD = {
  aps: { 'mutable-content': 1, alert: { 'loc-key': 'SINGLE_UNREAD', 'loc-args': [] } },
}

type Case = {
  notification?: object
  data?: Record<string, unknown> | null
  tweaks?: Record<string, unknown> | null
  sendBadgeCounts?: boolean
  tweakSound?: boolean
  maxBytes?: number
}

function formsOf(given: Case = {}) {
  const { notification = ROOM_MESSAGE, data, tweaks, sendBadgeCounts = true, tweakSound = false } = given
  const device = { ...(data !== undefined && { data }), ...(tweaks !== undefined && { tweaks }) }
  return apnsForms(messageOf({ notification, device }), { sendBadgeCounts, tweakSound })
}

function payloadOf(given: Case = {}): unknown {
  const made = formsOf(given)
  if (made.kind !== 'forms') return made.kind
  const fitting = fit(made.forms, given.maxBytes ?? 4096)
  return fitting === undefined ? 'refused' : (JSON.parse(fitting.text) as unknown)
}

const withDefault = { data: { default_payload: DEFAULT_PAYLOAD } }
const ids = { room_id: ROOM_MESSAGE.room_id, event_id: ROOM_MESSAGE.event_id }
const alert = {
  'loc-key': 'MSG_FROM_USER_IN_ROOM_WITH_CONTENT',
  'loc-args': ['Major Tom', 'Mission Control', "I'm floating in a most peculiar way."],
}

suite("the APNs payload equals Sygnal's", () => {
  const rows: [title: string, given: Case, expected: unknown][] = [
    ['a message with content', {}, { ...ids, aps: { alert, badge: 3 } }],
    [
      'a message with content, and a default payload',
      withDefault,
      { ...ids, aps: { alert, badge: 3, 'mutable-content': 1 } },
    ],
    ['ids only', { notification: ID_ONLY }, { ...ids, unread_count: 2 }],
    [
      'ids only, and a default payload',
      { notification: { ...ID_ONLY, counts: { unread: 2, missed_calls: 1 } }, ...withDefault },
      { ...ids, unread_count: 2, missed_calls: 1, ...DEFAULT_PAYLOAD },
    ],
    [
      'the badge only: the default payload is left out',
      { notification: BADGE_ONLY, ...withDefault },
      { aps: { badge: 2 } },
    ],
    [
      'an unread count of 0 sets the badge to 0',
      { notification: { counts: { unread: 0 } } },
      { aps: { badge: 0 } },
    ],
    ['missed calls only', { notification: { counts: { missed_calls: 4 } } }, { aps: { badge: 4 } }],
    ['no counts: no badge', { notification: { ...ROOM_MESSAGE, counts: null } }, { ...ids, aps: { alert } }],
    ['send_badge_counts off, a message with content', { sendBadgeCounts: false }, { ...ids, aps: { alert } }],
    ['send_badge_counts off, ids only', { sendBadgeCounts: false, notification: ID_ONLY }, ids],
    [
      'send_badge_counts off, the badge only',
      { sendBadgeCounts: false, notification: BADGE_ONLY },
      'nothing',
    ],
    ['an empty notification', { notification: {} }, 'nothing'],
    ['another user has joined', { notification: { type: 'm.room.member', membership: 'join' } }, 'nothing'],
    [
      'a default payload that is null is ignored',
      { data: { default_payload: null } },
      { ...ids, aps: { alert, badge: 3 } },
    ],
    ['a default payload that is a list', { data: { default_payload: [1] } }, 'malformed'],
    [
      'a default payload that is a string',
      { data: { default_payload: 'aps' }, notification: ID_ONLY },
      'malformed',
    ],
    ['a device without data', { data: null }, { ...ids, aps: { alert, badge: 3 } }],
    [
      'an alert text in the default payload becomes the alert body',
      { data: { default_payload: { aps: { alert: 'New message', sound: 'bing' } } } },
      { ...ids, aps: { alert: { body: 'New message', ...alert }, badge: 3, sound: 'bing' } },
    ],
    [
      'a default payload whose aps is not an object',
      { data: { default_payload: { aps: 7, other: true } } },
      { ...ids, other: true, aps: { alert, badge: 3 } },
    ],
    [
      'an event without an alert of its own uses the default alert',
      {
        notification: { type: 'm.room.member', event_id: '$e', room_id: '!r', counts: { unread: 1 } },
        ...withDefault,
      },
      { aps: { ...DEFAULT_PAYLOAD.aps, badge: 1 } },
    ],
  ]
  for (const [title, given, expected] of rows) {
    test(title, () => assert.deepEqual(payloadOf(given), expected))
  }

  test('the default payload is not modified', () => {
    const data = { default_payload: structuredClone(DEFAULT_PAYLOAD) }
    payloadOf({ data })
    payloadOf({ data, notification: ID_ONLY })
    assert.deepEqual(data.default_payload, DEFAULT_PAYLOAD)
  })
})

suite('the sound tweak in the APNs payload', () => {
  const tweaks = { sound: 'ring', highlight: true }
  const own = (aps: object) => ({ default_payload: { aps } })
  const soundIn = (given: Case) => {
    const payload = payloadOf({ tweaks, ...given }) as { aps?: { sound?: unknown } }
    return payload.aps?.sound
  }
  const rows: [title: string, given: Case, sound: unknown][] = [
    ['is used when the default payload has an aps', withDefault, 'ring'],
    ['is used when the default payload has an empty aps', { data: own({}) }, 'ring'],
    ['is used when tweakSound is set', { tweakSound: true }, 'ring'],
    ['is not used without a default payload', {}, undefined],
    ['is not used for a default payload without aps', { data: { default_payload: { a: 1 } } }, undefined],
    ['is not used when the default payload names a sound', { data: own({ sound: 'own.caf' }) }, 'own.caf'],
    ['is not used for counts only', { ...withDefault, notification: BADGE_ONLY }, undefined],
    ['is not used for ids only', { ...withDefault, notification: ID_ONLY }, undefined],
    [
      'is absent when the tweaks contain no sound',
      { ...withDefault, tweaks: { highlight: true } },
      undefined,
    ],
    ['is ignored when it is not a string', { ...withDefault, tweaks: { sound: { name: 'x' } } }, undefined],
    [
      'becomes the default sound when its name is too long',
      { ...withDefault, tweaks: { sound: 'x'.repeat(129) } },
      'default',
    ],
    [
      'is used with the default alert when the message text does not fit',
      { data: { default_payload: { ...DEFAULT_PAYLOAD, other: 'x'.repeat(3800) } } },
      'ring',
    ],
  ]
  for (const [title, given, sound] of rows) test(title, () => assert.equal(soundIn(given), sound))
})

suite('the loc-key and loc-args of the alert', () => {
  const message = (content: unknown, more: object = {}) => ({
    type: 'm.room.message',
    sender: '@a:b',
    content,
    ...more,
  })
  const room = { room_name: 'Room' }
  const text = { msgtype: 'm.text', body: 'hi' }
  const offer = (sdp: unknown) => ({ type: 'm.call.invite', sender: '@a:b', content: { offer: { sdp } } })
  const member = (more: object) => ({ type: 'm.room.member', sender: '@a:b', user_is_target: true, ...more })
  const rows: [title: string, notification: object, key: string | undefined, args?: string[]][] = [
    ['a message', message(text), 'MSG_FROM_USER_WITH_CONTENT', ['@a:b', 'hi']],
    [
      'a message in a room',
      message(text, room),
      'MSG_FROM_USER_IN_ROOM_WITH_CONTENT',
      ['@a:b', 'Room', 'hi'],
    ],
    [
      'a file',
      message({ msgtype: 'm.file', body: 'x.pdf' }),
      'MSG_FROM_USER_WITH_CONTENT',
      ['@a:b', 'x.pdf'],
    ],
    [
      'an encrypted message',
      { type: 'm.room.encrypted', sender: '@a:b', content: {} },
      'MSG_FROM_USER',
      ['@a:b'],
    ],
    [
      'an encrypted message in a room',
      { type: 'm.room.encrypted', sender: '@a:b', ...room },
      'MSG_FROM_USER_IN_ROOM',
      ['@a:b', 'Room'],
    ],
    ['a message with an empty body', message({ msgtype: 'm.text', body: '' }), 'MSG_FROM_USER', ['@a:b']],
    ['a message without a msgtype', message({ body: 'hi' }), 'MSG_FROM_USER', ['@a:b']],
    [
      'a message whose body is not a string',
      message({ msgtype: 'm.text', body: { a: 1 } }),
      'MSG_FROM_USER',
      ['@a:b'],
    ],
    ['an image', message({ msgtype: 'm.image', body: 'cat.jpg' }), 'IMAGE_FROM_USER', ['@a:b', 'cat.jpg']],
    [
      'an image in a room',
      message({ msgtype: 'm.image', body: 'cat.jpg' }, room),
      'IMAGE_FROM_USER_IN_ROOM',
      ['@a:b', 'cat.jpg', 'Room'],
    ],
    ['an emote', message({ msgtype: 'm.emote', body: 'waves' }), 'ACTION_FROM_USER', ['@a:b', 'waves']],
    [
      'an emote in a room',
      message({ msgtype: 'm.emote', body: 'waves' }, room),
      'ACTION_FROM_USER_IN_ROOM',
      ['Room', '@a:b', 'waves'],
    ],
    ['a voice call', offer('m=audio 9'), 'VOICE_CALL_FROM_USER', ['@a:b']],
    ['a video call', offer('v=0\r\nm=video 9'), 'VIDEO_CALL_FROM_USER', ['@a:b']],
    ['a call whose offer is not a string', offer(7), 'VOICE_CALL_FROM_USER', ['@a:b']],
    ['an invitation', member({ membership: 'invite' }), 'USER_INVITE_TO_CHAT', ['@a:b']],
    [
      'an invitation to a room with a name',
      member({ membership: 'invite', ...room, room_alias: '#r:b' }),
      'USER_INVITE_TO_NAMED_ROOM',
      ['@a:b', 'Room'],
    ],
    [
      'an invitation to a room with an alias',
      member({ membership: 'invite', room_alias: '#r:b' }),
      'USER_INVITE_TO_NAMED_ROOM',
      ['@a:b', '#r:b'],
    ],
    [
      'an invitation with the membership in the content',
      member({ content: { membership: 'invite' } }),
      'USER_INVITE_TO_CHAT',
      ['@a:b'],
    ],
    ['an invitation of another user', member({ membership: 'invite', user_is_target: false }), undefined],
    ['another event type', { type: 'org.example.poll', sender: '@a:b', ...room }, 'MSG_FROM_USER', ['@a:b']],
    [
      'a display name',
      message(text, { sender_display_name: 'Ann' }),
      'MSG_FROM_USER_WITH_CONTENT',
      ['Ann', 'hi'],
    ],
    ['no sender', { type: 'm.room.message', content: text }, 'MSG_FROM_USER_WITH_CONTENT', [' ', 'hi']],
  ]
  for (const [title, notification, key, args] of rows) {
    test(title, () => {
      const payload = payloadOf({ notification: { ...notification, event_id: '$e', counts: { unread: 1 } } })
      const { aps } = payload as { aps: { alert?: Record<string, unknown> } }
      assert.equal(aps.alert?.['loc-key'], key)
      assert.deepEqual(aps.alert?.['loc-args'], args)
    })
  }

  test('names are cut to 1024 characters without splitting a surrogate pair', () => {
    const long = '🔔'.repeat(1025)
    const given = { notification: { ...ROOM_MESSAGE, room_name: long }, maxBytes: 10_000 }
    const payload = payloadOf(given) as { aps: { alert: { 'loc-args': string[] } } }
    assert.equal(payload.aps.alert['loc-args'][1], '🔔'.repeat(1024))
  })
})

suite('an APNs payload that is too long', () => {
  const size = (payload: unknown) => Buffer.byteLength(JSON.stringify(payload))
  const long = (body: string, more: object = {}) => ({
    notification: { ...ROOM_MESSAGE, content: { msgtype: 'm.text', body }, ...more },
  })
  const args = (payload: unknown) =>
    (payload as { aps: { alert: { 'loc-args': string[] } } }).aps.alert['loc-args']

  test('the longest text is cut to the largest length that fits', () => {
    const payload = payloadOf(long('x'.repeat(5000)))
    assert.equal(size(payload), 4096)
    const [from, room, body] = args(payload)
    assert.deepEqual([from, room], ['Major Tom', 'Mission Control'])
    assert.match(body ?? '', /^x{3000,}…$/)
  })

  test('several long texts are cut to the same length', () => {
    const payload = payloadOf({ ...long('x'.repeat(5000), { room_name: 'y'.repeat(5000) }), maxBytes: 1000 })
    const [, room = '', body = ''] = args(payload)
    assert.ok(room.endsWith('…') && body.endsWith('…'))
    assert.equal(room.length, body.length)
    assert.ok(size(payload) <= 1000)
  })

  test('multi-byte characters and JSON escapes are not split', () => {
    for (const body of [
      'ü'.repeat(5000),
      '語'.repeat(5000),
      '🔔'.repeat(5000),
      '"'.repeat(5000),
      '\n'.repeat(5000),
    ]) {
      const payload = payloadOf(long(body))
      assert.ok(size(payload) <= 4096 && size(payload) > 4085)
      const cut = args(payload)[2] ?? ''
      assert.ok(cut.isWellFormed() && body.startsWith(cut.slice(0, -1)))
    }
  })

  test('an alert in the default payload is cut, as a string and as a body', () => {
    for (const text of ['z'.repeat(6000), { body: 'z'.repeat(6000) }]) {
      const payload = payloadOf({
        data: { default_payload: { aps: { alert: text } } },
        notification: ID_ONLY,
      })
      assert.equal(size(payload), 4096)
      assert.match(JSON.stringify(payload), /z…"/)
    }
  })

  test('only the ids are left when the other parts cannot be cut', () => {
    const content = { msgtype: 'm.text', body: 'hi' }
    const huge = {
      ...long('hi', { content, sender_display_name: 'n' }),
      data: { default_payload: {} },
      maxBytes: 150,
    }
    assert.deepEqual(payloadOf(huge), { ...ids, unread_count: 2, missed_calls: 1 })
  })

  test('the message is dropped when the ids do not fit', () => {
    assert.equal(payloadOf({ data: { default_payload: { other: 'x'.repeat(5000) } } }), 'refused')
    assert.equal(payloadOf({ notification: BADGE_ONLY, maxBytes: 10 }), 'refused')
  })

  test('every payload fits and is JSON, for arbitrary notifications', () => {
    const any = fc.oneof(fc.string({ unit: 'binary', maxLength: 2000 }), fc.constant('🔔'.repeat(2000)))
    const notification = fc.record({
      type: fc.constantFrom(
        'm.room.message',
        'm.room.encrypted',
        'm.call.invite',
        'm.room.member',
        'x',
        null,
      ),
      sender_display_name: any,
      room_name: any,
      content: fc.record({
        msgtype: fc.constantFrom('m.text', 'm.emote', 'm.image'),
        body: fc.oneof(any, fc.jsonValue()),
      }),
      event_id: fc.constantFrom('$e', undefined),
      counts: fc.constantFrom({ unread: 1 }, null),
    })
    const data = fc.option(fc.record({ default_payload: fc.dictionary(fc.string(), fc.jsonValue()) }))
    fc.assert(
      fc.property(notification, data, (about, of) => {
        const made = formsOf({ notification: about, data: of as Record<string, unknown> | null })
        if (made.kind !== 'forms') return
        const fitting = fit(made.forms, 4096)
        if (fitting === undefined) return
        assert.ok(Buffer.byteLength(fitting.text) <= 4096)
        assert.ok(fitting.text.isWellFormed())
        JSON.parse(fitting.text)
      }),
      { numRuns: runs(40) },
    )
  })
})

suite('the APNs payload of an app with `alert: text`', () => {
  const text = {
    title: 'Mission Control',
    body: 'Major Tom hat ein Bild gesendet',
    lang: 'de',
    dir: 'ltr',
  } as const
  const payload = (notification: object, aps?: object) => {
    const device = aps === undefined ? {} : { data: { default_payload: { aps } } }
    const made = apnsForms(messageOf({ notification, device }), {
      sendBadgeCounts: true,
      tweakSound: false,
      text,
    })
    assert.ok(made.kind === 'forms')
    return (made.forms.full() as { aps: unknown }).aps
  }
  const written = { title: text.title, body: text.body }

  test('has the words of the gateway instead of keys', () => {
    assert.deepEqual(payload(ROOM_MESSAGE), { alert: written, badge: 3 })
    const aps = {
      'mutable-content': 1,
      alert: { 'loc-key': 'SINGLE_UNREAD', 'loc-args': [], 'launch-image': 'a' },
    }
    assert.deepEqual(payload(ROOM_MESSAGE, aps), {
      'mutable-content': 1,
      alert: { 'launch-image': 'a', ...written },
      badge: 3,
    })
  })

  test('has the words for an event of which only the id is known, unless the app has sent an alert', () => {
    assert.deepEqual(payload(ID_ONLY), { alert: written })
    assert.deepEqual(payload(ID_ONLY, { alert: 'Hello' }), { alert: 'Hello' })
  })
})
