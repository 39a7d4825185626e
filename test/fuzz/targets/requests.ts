import assert from 'node:assert/strict'
import { validateHeaderValue, type IncomingMessage } from 'node:http'
import fc from 'fast-check'
import { addressGroup, addressOf } from '../../../src/http/address.ts'
import { accessToken } from '../../../src/http/auth.ts'
import { parseJson } from '../../../src/http/parse-json.ts'
import { select } from '../../../src/http/ranges.ts'
import { acceptedTags, chooseLanguage } from '../../../src/language/choose.ts'
import { canonicalJson, NotCanonicalError } from '../../../src/lib/canonical-json.ts'
import { cleanJson } from '../../../src/lib/clean-json.ts'
import type { Json, JsonObject } from '../../../src/lib/json.ts'
import { isJsonObject } from '../../../src/lib/json.ts'
import { isPublicKey, isSignedBy } from '../../../src/lib/signed-json.ts'
import { wordsOf } from '../../../src/lib/words.ts'
import { dispositionOf, mediaTypeOf } from '../../../src/media/disposition.ts'
import { sniff } from '../../../src/media/sniff.ts'
import { parsePusherChange } from '../../../src/pushers/pusher-request.ts'
import { fuzzTarget, refusedOr, throwsOnly } from '../fuzz-target.ts'
import { almost, json, near, text } from '../values.ts'

const P256DH = 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'
const pusher = almost({
  kind: fc.oneof(near('http', 'email', 'webpush', 'org.matrix.msc4174.webpush'), fc.constant(null)),
  app_id: near('org.example.app', 'm.email'),
  pushkey: near('token', 'ada@example.org', P256DH),
  app_display_name: text,
  device_display_name: text,
  lang: near('de-AT'),
  instance_handle: near('phone'),
  profile_tag: near('phone'),
  append: fc.boolean(),
  enabled: fc.boolean(),
  'org.matrix.msc3881.enabled': fc.boolean(),
  'org.belfry.copy_push_rules': fc.boolean(),
  'org.belfry.hold_while_active_ms': fc.integer({ min: -1, max: 600_001 }),
  data: almost({
    url: near('https://push.example.org/_matrix/push/v1/notify'),
    auth: near('BTBZMqHH6r4Tts7J_aSIgg'),
    format: near('event_id_only'),
    'org.belfry.lang': fc.boolean(),
    disable_badge_count: fc.boolean(),
  }),
})
const bytes = fc.oneof(
  json.map((value) => Buffer.from(JSON.stringify(value))),
  near('{"a":1}', '[{"b":"\\u0000"}]', '{"__proto__":{"polluted":1}}', '"\\ud800"').map((written) =>
    Buffer.from(written),
  ),
  fc.uint8Array({ maxLength: 40 }).map((all) => Buffer.from(all)),
  fc.nat({ max: 3000 }).map((depth) => Buffer.from('['.repeat(depth) + ']'.repeat(depth))),
)
const size = fc.oneof(fc.nat({ max: 20 }), fc.nat())

export const requestTargets = [
  fuzzTarget('pushers', 'the body of POST /pushers/set', {
    values: fc.record({ body: pusher, handleRequired: fc.boolean(), webPush: fc.boolean() }),
    check({ body, ...options }) {
      const parsed = refusedOr(() => parseJson(Buffer.from(JSON.stringify(body))))
      if (!isJsonObject(parsed)) return
      const change = refusedOr(() => parsePusherChange(parsed, options))
      if (change?.kind !== 'set') return
      const { pushkey, appId, handle, holdMs } = change.settings
      assert.ok(pushkey !== '' && Buffer.byteLength(pushkey) <= 512 && Array.from(appId).length <= 64)
      assert.ok(Array.from(handle?.value ?? '').length <= 32)
      assert.ok(holdMs >= 0 && holdMs <= 600_000)
    },
  }),
  fuzzTarget('json', 'JSON bodies of any bytes, and what is made of them', {
    values: bytes,
    check(body) {
      const value = refusedOr(() => parseJson(body))
      if (value === undefined) return
      assert.equal(cleanJson(value, 64), value, 'an accepted value needs no cleaning')
      assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
      const canonical = throwsOnly(NotCanonicalError, () => canonicalJson(value))
      if (canonical !== undefined) assert.equal(canonicalJson(JSON.parse(canonical) as Json), canonical)
    },
  }),
  fuzzTarget('foreign-json', 'JSON of other servers, which is cleaned', {
    values: fc.tuple(json, fc.nat({ max: 5 })),
    check([value, depth]) {
      const cleaned = cleanJson(value, depth)
      assert.deepEqual(cleanJson(cleaned, depth), cleaned)
      if (cleaned !== undefined) assert.ok(JSON.stringify(cleaned).isWellFormed())
    },
  }),
  fuzzTarget('signatures', 'signed objects, keys and signatures of devices', {
    values: fc.tuple(
      json,
      near('q8fKzKZ2tC0q0RzZg3vqz9bqfWYBvGUqn9Kq2VpVJvw', 'A'.repeat(43)),
      near('A'.repeat(86), `${'A'.repeat(86)}==`),
    ),
    check([object, key, signature]) {
      if (!isJsonObject(object)) return
      const isSigned = isSignedBy(object as JsonObject, key, signature)
      assert.ok(!isSigned || isPublicKey(key))
    },
  }),
  fuzzTarget('ranges', 'Range, If-Range and If-None-Match', {
    values: fc.record({
      range: near('bytes=0-4', 'bytes=-5', 'bytes=3-', 'bytes=0-1,3-4'),
      condition: fc.oneof(fc.constant(undefined), near('"tag"', 'W/"tag"')),
      known: fc.oneof(fc.constant(undefined), near('"other", W/"tag"', '*')),
      size,
    }),
    check({ range, condition, known, size: length }) {
      const headers = { range, 'if-range': condition, 'if-none-match': known }
      const selected = select('GET', headers, { etag: '"tag"', size: length })
      if (selected.kind !== 'part') return
      const { start, end } = selected
      assert.ok(Number.isSafeInteger(start) && Number.isSafeInteger(end))
      assert.ok(start >= 0 && start < end && end <= length, `bytes ${start} to ${end} of ${length}`)
    },
  }),
  fuzzTarget('media-types', 'Content-Type and file names of uploads, as headers of downloads', {
    values: fc.tuple(
      near('image/png', 'text/html; charset=utf-8', 'application/octet-stream'),
      near('plan.pdf', 'Übersicht (1).png'),
    ),
    check([type, name]) {
      const stored = mediaTypeOf(type)
      const disposition = dispositionOf(stored, name)
      validateHeaderValue('content-type', stored)
      validateHeaderValue('content-disposition', disposition)
      assert.match(disposition, /^[\x20-\x7e]*$/)
      assert.ok(
        !disposition.startsWith('inline') || !/html|svg|xml|javascript/i.test(stored.split(';')[0] ?? ''),
      )
    },
  }),
  fuzzTarget('image-heads', 'the first bytes of uploads', {
    values: fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      near('GIF89a', 'RIFF0000WEBPVP8 ', '\x89PNG\r\n\x1a\n').map((head) => Buffer.from(head, 'latin1')),
    ),
    check: (head) => sniff(Buffer.from(head)),
  }),
  fuzzTarget('languages', 'Accept-Language, and languages of pushers', {
    values: near(
      'de-AT,de;q=0.9,en;q=0.8',
      'zh-TW',
      'pt_BR.UTF-8',
      'zh_TW_#Hant',
      '*;q=0',
      'x-klingon',
      'en-u-ca-buddhist',
    ),
    check(header) {
      const tags = acceptedTags(header)
      for (const choice of [chooseLanguage(tags, 'en'), chooseLanguage([header], 'de')]) {
        new Intl.PluralRules(choice.locale).select(1)
        new Intl.ListFormat(choice.locale).format(['a', 'b'])
      }
    },
  }),
  fuzzTarget('client-addresses', 'X-Forwarded-For, and the group of an address', {
    values: near(
      '203.0.113.7',
      '10.0.0.1, 2001:db8::1',
      '::ffff:203.0.113.7',
      'fe80::1%eth0',
      '[2001:db8::1]:443',
      '203.0.113.7:80',
    ),
    check(header) {
      const request = { headers: { 'x-forwarded-for': header }, socket: { remoteAddress: '127.0.0.1' } }
      const address = addressOf(request as unknown as IncomingMessage, true)
      assert.ok(address.length > 0 && addressGroup(address).length > 0)
      addressGroup(header)
    },
  }),
  fuzzTarget('access-tokens', 'Authorization, the cookie of the console, and access_token', {
    values: fc.record({
      authorization: near('Bearer abc', 'bearer  x', 'Basic YTpi'),
      cookie: near('__Host-belfry=abc; other=1', 'belfry=x'),
      scheme: near('https', 'http'),
      query: json,
    }),
    check({ authorization, cookie, scheme, query }) {
      const headers = { authorization, cookie, 'x-belfry-console': scheme }
      const token = accessToken(headers, { access_token: query }, true)
      assert.ok(token === undefined || (typeof token === 'string' && token !== ''))
    },
  }),
  fuzzTarget('search-terms', 'the words of a search and of messages', {
    values: near('hello world', '日本語 text', "don't"),
    check: (terms) => assert.ok(wordsOf(terms).every((word) => word.length > 0)),
  }),
]
