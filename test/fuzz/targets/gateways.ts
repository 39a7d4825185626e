import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Dispatcher } from 'undici'
import { makePokeSender } from '../../../src/delivery/send-poke.ts'
import type { Poke } from '../../../src/delivery/poke.ts'
import { deviceTokenOf } from '../../../src/gateway/apns/device-token.ts'
import { apnsForms } from '../../../src/gateway/apns/payload.ts'
import { nextStepAfter as apnsStep, resultOf as apnsResult } from '../../../src/gateway/apns/result.ts'
import { fcmForms } from '../../../src/gateway/fcm/payload.ts'
import { nextStepAfter as fcmStep, resultOf as fcmResult } from '../../../src/gateway/fcm/result.ts'
import { fit } from '../../../src/gateway/message-forms.ts'
import { parseNotification } from '../../../src/gateway/notification.ts'
import { textFor } from '../../../src/gateway/notification-text.ts'
import { unifiedPushForms } from '../../../src/gateway/unifiedpush/payload.ts'
import { resultOf as unifiedPushResult } from '../../../src/gateway/unifiedpush/result.ts'
import { encryptPush } from '../../../src/gateway/webpush/encrypt.ts'
import { webPushForms } from '../../../src/gateway/webpush/payload.ts'
import { doubtsToken, resultOf as webPushResult } from '../../../src/gateway/webpush/result.ts'
import { readSubscriptionKeys } from '../../../src/gateway/webpush/subscription.ts'
import { createLoadWords } from '../../../src/language/load-words.ts'
import type { GuardedAgent } from '../../../src/lib/outbound/guarded-agent.ts'
import { systemRandom } from '../../../src/lib/ids.ts'
import { asXml, elements } from '../../../src/media/s3/xml.ts'
import { fuzzTarget, refusedOr } from '../fuzz-target.ts'
import { almost, json, near, sent, text } from '../values.ts'

const wordsOf = createLoadWords('en')
const LIMIT = 4096
const PUSHKEY = 'token'

const device = almost({
  app_id: near('org.example.app'),
  pushkey: near(PUSHKEY),
  pushkey_ts: fc.double(),
  data: almost({ default_payload: json, format: near('event_id_only'), brand: text }),
  tweaks: almost({ sound: near('gong'), highlight: fc.boolean() }),
  'org.belfry.lang': near('de-AT', 'ar', 'zh-TW'),
})
const body = almost({
  notification: almost({
    event_id: near('$event'),
    room_id: near('!room:x'),
    type: near('m.room.message', 'm.room.member', 'm.call.invite', 'm.room.encrypted', 'm.sticker'),
    sender: near('@ada:x'),
    sender_display_name: near('Ada'),
    room_name: near('Tea'),
    room_alias: near('#tea:x'),
    user_is_target: fc.boolean(),
    prio: near('high', 'low'),
    content: almost({
      msgtype: near('m.text', 'm.emote', 'm.image', 'm.location'),
      body: fc.oneof(
        text,
        text.map((piece) => piece.repeat(50)),
      ),
      membership: near('invite'),
      offer: json,
    }),
    counts: almost({ unread: fc.integer(), missed_calls: fc.integer() }),
    devices: fc.array(device, { minLength: 1, maxLength: 3 }),
  }),
})

type Parsed = ReturnType<typeof parseNotification>

function checkForms(
  { notification }: Parsed,
  of: Parsed['notification']['devices'][number],
  words: Awaited<ReturnType<typeof textFor>>,
): void {
  const message = { device: of, notification, expiresAt: 0, attempt: 1 }
  const apns = apnsForms(message, { sendBadgeCounts: true, tweakSound: true, ...(words && { text: words }) })
  const fcm = fcmForms(message, { sendBadgeCounts: true })
  for (const forms of [
    ...[apns, fcm].flatMap((made) => (made.kind === 'forms' ? [made.forms] : [])),
    webPushForms(notification, of, words),
    unifiedPushForms(notification),
  ]) {
    const fitting = fit(forms, LIMIT)
    if (fitting === undefined) continue
    assert.ok(Buffer.byteLength(fitting.text) <= LIMIT && fitting.text.isWellFormed())
    JSON.parse(fitting.text)
  }
}

const status = fc.oneof(
  fc.constantFrom(200, 201, 301, 400, 401, 403, 404, 408, 410, 413, 425, 429, 500, 503, 507),
  fc.integer({ min: 200, max: 599 }),
)
const response = fc.record({
  status,
  body: almost({
    rejected: fc.oneof(fc.array(near(PUSHKEY)), json),
    reason: near('BadDeviceToken', 'Unregistered', 'ExpiredProviderToken', 'VapidPkHashMismatch'),
    timestamp: fc.double(),
    errno: fc.integer({ min: 100, max: 210 }),
    message: text,
    error: almost({
      status: near('UNREGISTERED', 'INVALID_ARGUMENT'),
      message: near(
        'The registration token is not a valid FCM registration token',
        'Android message is too big',
      ),
      details: fc.array(
        almost({
          errorCode: near('UNREGISTERED', 'SENDER_ID_MISMATCH'),
          fieldViolations: fc.array(almost({ field: near('message.token') })),
        }),
      ),
    }),
    name: text,
  }),
  retryAfterMs: fc.oneof(fc.constant(undefined), fc.integer({ min: 1000, max: 3_600_000 })),
  location: near('https://push.example.org/m/1'),
})
const KINDS = new Set(['delivered', 'rejected', 'refused', 'retry', 'misconfigured'])

/** An agent that gives one response, without a network. */
function agentWith({
  status: code,
  headers,
  body: bytes,
}: {
  status: number
  headers: Record<string, string>
  body: Buffer
}): GuardedAgent {
  const controller = { abort: () => undefined } as unknown as Dispatcher.DispatchController
  return {
    post(_url: URL, _options: unknown, handler: Dispatcher.DispatchHandler) {
      handler.onRequestStart?.(controller, {})
      handler.onResponseStart?.(controller, code, headers, '')
      handler.onResponseData?.(controller, bytes)
      handler.onResponseEnd?.(controller, {})
    },
  } as unknown as GuardedAgent
}

const poke = {
  notification: { devices: [{ app_id: 'app', pushkey: PUSHKEY, pushkey_ts: 0, data: {} }] },
} as unknown as Poke

export const gatewayTargets = [
  fuzzTarget(
    'notifications',
    'the body of POST /_matrix/push/v1/notify, and the messages for each kind of push service',
    {
      values: body,
      async check(given) {
        const parsed = refusedOr(() => parseNotification(sent(given)))
        if (parsed === undefined) return
        assert.ok(JSON.stringify(parsed).isWellFormed())
        for (const one of parsed.notification.devices) {
          assert.equal(typeof one.pushkey, 'string')
          const words = await textFor(wordsOf, { device: one, notification: parsed.notification })
          assert.ok(words === undefined || (words.title + words.body).isWellFormed())
          checkForms(parsed, one, words)
        }
      },
    },
  ),
  fuzzTarget(
    'gateway-responses',
    'responses of push gateways to a poke: rejected, Retry-After, bodies of any bytes',
    {
      values: fc.record({
        status,
        retryAfter: near('120', 'Wed, 21 Oct 2026 07:28:00 GMT', '-1'),
        body: fc.oneof(
          response.map((one) => JSON.stringify(one.body)),
          near('{"rejected":["token"]}', '{"rejected":[]}', '<html>'),
        ),
      }),
      async check({ status: code, retryAfter, body: written }) {
        const agent = agentWith({
          status: code,
          headers: { 'retry-after': retryAfter },
          body: Buffer.from(written),
        })
        const result = await makePokeSender({ agent })(
          'https://push.example.org/_matrix/push/v1/notify',
          poke,
        )
        assert.ok(KINDS.has(result.kind), result.kind)
        if (result.kind === 'rejected') assert.ok(written.includes(PUSHKEY) || written.includes('\\u'))
        if (result.kind === 'retry' && result.retryAfterMs !== undefined)
          assert.ok(result.retryAfterMs >= 1000 && result.retryAfterMs <= 3_600_000)
      },
    },
  ),
  fuzzTarget(
    'provider-responses',
    'responses of APNs, FCM, push services for browsers and UnifiedPush servers',
    {
      values: fc.record({ response, pushkeyTs: fc.double(), attempt: fc.integer({ min: 1, max: 60 }) }),
      check({ response: given, pushkeyTs, attempt }) {
        const answer = sent(given.body)
        const { status: code, retryAfterMs } = given
        const ofApns = { status: code, body: answer, ...(retryAfterMs !== undefined && { retryAfterMs }) }
        const call = {
          kind: 'response',
          status: code,
          headers: { location: given.location },
          body: answer,
          retryAfterMs,
        } as const
        const endpoint = { ...call, text: JSON.stringify(answer) }
        apnsStep(ofApns)
        fcmStep(call)
        const results = [
          apnsResult(ofApns, { pushkeyTs, attempt }),
          fcmResult(call, { attempt, random: systemRandom }),
          unifiedPushResult(endpoint),
          ...[true, false].map((isProven) =>
            webPushResult(endpoint, { isKeyKnown: isProven, isTokenProven: isProven }),
          ),
        ]
        doubtsToken(endpoint, { isTokenProven: false })
        for (const result of results) {
          assert.ok(KINDS.has(result.kind), result.kind)
          // Reasons are labels of metrics, so texts of the response are not repeated.
          assert.match(result.reason, /^[\w -]{1,64}$/)
        }
      },
    },
  ),
  fuzzTarget('s3', 'XML of an S3 service', {
    values: fc.tuple(
      near(
        '<R><UploadId>a&amp;b</UploadId></R>',
        '<Upload><Key>k</Key><UploadId>&#x41;</UploadId></Upload>',
        '<Error><Code>x</Code></Error>',
      ),
      text,
    ),
    check([xml, value]) {
      for (const name of ['UploadId', 'Upload', 'Key', 'Code']) assert.ok(Array.isArray(elements(xml, name)))
      assert.deepEqual(elements(`<Key>${asXml(value)}</Key>`, 'Key'), [value])
    },
  }),
  fuzzTarget('subscriptions', 'keys of subscriptions of browsers', {
    values: fc.tuple(
      fc.oneof(
        near('BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'),
        fc
          .uint8Array({ minLength: 65, maxLength: 65 })
          .map((key) => Buffer.from(key.fill(4, 0, 1)).toString('base64url')),
      ),
      near('BTBZMqHH6r4Tts7J_aSIgg', 'BTBZMqHH6r4Tts7J/aSIgg=='),
    ),
    check([p256dh, auth]) {
      const keys = readSubscriptionKeys(p256dh, auth)
      if (typeof keys === 'string') return
      const encrypted = encryptPush(Buffer.from('x'), keys)
      assert.ok(encrypted.length > 100 && encrypted.length <= LIMIT)
    },
  }),
  fuzzTarget('device-tokens', 'push keys as device tokens of APNs', {
    values: fc.tuple(near('00ff', 'q8fKzKZ2tC0q0RzZg3vqz9bqfWYBvGUqn9Kq2VpVJvw='), fc.boolean()),
    check([pushkey, fromBase64]) {
      const { token } = deviceTokenOf(pushkey, { fromBase64 })
      if (token !== undefined) assert.match(token, /^(?:[0-9a-f]{2})+$/)
    },
  }),
]
