import assert from 'node:assert/strict'
import { createECDH } from 'node:crypto'
import { test } from 'node:test'
import { MatrixError } from '../../src/lib/errors.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { parsePusherChange } from '../../src/pushers/pusher-request.ts'

const BODY: JsonObject = {
  pushkey: 'key',
  kind: 'http',
  instance_handle: 'handle',
  app_id: 'org.example.app',
  app_display_name: 'App',
  device_display_name: 'Phone',
  lang: 'en',
  data: { url: 'https://push.example.org/_matrix/push/v1/notify' },
}

const parse = (fields: JsonObject, handleRequired = true) =>
  parsePusherChange({ ...BODY, ...fields }, { handleRequired })

function settingsOf(fields: JsonObject, handleRequired = true) {
  const change = parse(fields, handleRequired)
  assert.ok(change.kind === 'set')
  return change.settings
}

function refusal(body: JsonObject, handleRequired = true): string {
  try {
    parsePusherChange(body, { handleRequired })
  } catch (error) {
    assert.ok(error instanceof MatrixError)
    assert.equal(error.status, 400)
    return `${error.errcode} ${error.message}`
  }
  return assert.fail('the request was accepted')
}

const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(BODY).filter(([name]) => !names.includes(name)))

test('"pushkey: This is a unique identifier for this pusher": 1 to 512 bytes, not characters', () => {
  assert.equal(settingsOf({ pushkey: 'é'.repeat(256) }).pushkey.length, 256)
  for (const pushkey of ['', 'x'.repeat(513), 'é'.repeat(257)]) {
    assert.match(refusal({ ...BODY, pushkey }), /^M_INVALID_PARAM pushkey/)
    assert.match(refusal({ ...BODY, kind: null, pushkey }), /^M_INVALID_PARAM pushkey/)
  }
  assert.match(refusal({ ...BODY, pushkey: 7 }), /^M_BAD_JSON pushkey/)
})

test('"kind: \'http\' makes a pusher that sends HTTP pokes": an unknown kind is refused', () => {
  assert.equal(settingsOf({}).kind, 'http')
  for (const kind of ['email', 'webpush', '', 'HTTP']) {
    assert.match(refusal({ ...BODY, kind }), /^M_INVALID_PARAM kind/)
    assert.match(refusal({ ...BODY, kind, data: {} }), /^M_INVALID_PARAM kind/)
  }
  assert.match(refusal({ ...BODY, kind: 1 }), /^M_BAD_JSON kind/)
})

test('kind "webpush" (MSC4174) is accepted under both names when the server supports it', () => {
  const pushkey = createECDH('prime256v1').generateKeys('base64url')
  const data = { url: 'https://push.example.org/x', auth: 'AAAAAAAAAAAAAAAAAAAAAA', format: 'event_id_only' }
  const body = { ...BODY, kind: 'webpush', pushkey, data }
  const settings = (kind: string) => {
    const change = parsePusherChange({ ...body, kind }, { handleRequired: true, webPush: true })
    assert.ok(change.kind === 'set')
    return [change.settings.kind, change.settings.kindAlias]
  }
  assert.deepEqual(settings('webpush'), ['webpush', undefined])
  assert.deepEqual(settings('org.matrix.msc4174.webpush'), ['webpush', 'org.matrix.msc4174.webpush'])
  assert.match(refusal(body), /^M_INVALID_PARAM kind must be "http" or "email", or null/)
  const parsing = (fields: JsonObject) => () =>
    parsePusherChange({ ...body, ...fields }, { handleRequired: true, webPush: true })
  assert.throws(parsing({ kind: 'x' }), {
    message: 'kind must be "http", "webpush" or "email", or null to delete the pusher',
  })
  assert.throws(parsing({ data: { url: data.url } }), {
    errcode: 'M_MISSING_PARAM',
    message: 'Missing: data.auth',
  })
  assert.throws(parsing({ data: 7 }), { errcode: 'M_BAD_JSON' })
})

test('kind "email" requires app_id "m.email", needs no URL, and normalises the address', () => {
  const mail = { kind: 'email', app_id: 'm.email', pushkey: 'Ada@Example.ORG', data: { brand: 'b' } }
  const settings = settingsOf(mail)
  assert.deepEqual(
    [settings.kind, settings.pushkey, settings.data],
    ['email', 'ada@example.org', { brand: 'b' }],
  )
  assert.match(refusal({ ...BODY, ...mail, app_id: 'a' }), /^M_INVALID_PARAM kind "email"/)
  assert.match(refusal({ ...BODY, app_id: 'm.email' }), /^M_INVALID_PARAM kind "email"/)
  assert.match(refusal({ ...BODY, ...mail, data: [] }), /^M_BAD_JSON data/)
  const { pushkey, app_id } = mail
  const deletion = parsePusherChange({ kind: null, app_id, pushkey }, { handleRequired: false })
  assert.deepEqual(deletion, { kind: 'delete', appId: 'm.email', pushkey: 'ada@example.org' })
})

test('org.belfry.hold_while_active_ms is a whole number from 0 to 600,000, and 0 when absent', () => {
  const name = 'org.belfry.hold_while_active_ms'
  assert.equal(settingsOf({}).holdMs, 0)
  assert.equal(settingsOf({ [name]: null }).holdMs, 0)
  for (const ms of [0, 1, 600_000]) assert.equal(settingsOf({ [name]: ms }).holdMs, ms)
  for (const ms of [-1, 600_001, 1.5]) assert.match(refusal({ ...BODY, [name]: ms }), /^M_INVALID_PARAM org/)
  for (const ms of ['30000', true, {}]) assert.match(refusal({ ...BODY, [name]: ms }), /^M_BAD_JSON org/)
})

test('"null deletes the pusher": other keys may be absent or malformed', () => {
  const deletion = { kind: 'delete', appId: 'org.example.app', pushkey: 'key' }
  assert.deepEqual(parse({ kind: null }), deletion)
  const bare = { kind: null, app_id: 'org.example.app', pushkey: 'key' }
  assert.deepEqual(parsePusherChange(bare, { handleRequired: true }), deletion)
  const malformed = { ...bare, lang: 4, data: [], append: 'yes', instance_handle: 'x'.repeat(99) }
  assert.deepEqual(parsePusherChange(malformed, { handleRequired: true }), deletion)
  assert.match(refusal({ kind: null }), /^M_MISSING_PARAM Missing: app_id, pushkey$/)
})

test('"instance_handle: It may be up to 32 characters long": characters, not bytes or UTF-16 units', () => {
  assert.equal(settingsOf({ instance_handle: '🔔'.repeat(32) }).handle?.value, '🔔'.repeat(32))
  assert.match(refusal({ ...BODY, instance_handle: 'x'.repeat(33) }), /^M_INVALID_PARAM instance_handle/)
  assert.match(refusal({ ...BODY, instance_handle: '' }), /^M_INVALID_PARAM instance_handle/)
  assert.match(
    refusal({ ...without('instance_handle'), profile_tag: 'x'.repeat(33) }),
    /^M_INVALID_PARAM profile_tag/,
  )
})

test('a handle is required under api/v1, where profile_tag counts too, and optional under other prefixes', () => {
  const bare = without('instance_handle')
  assert.match(refusal(bare), /^M_MISSING_PARAM Missing: instance_handle$/)
  assert.deepEqual(settingsOf({ instance_handle: null, profile_tag: 'tag' }).handle, {
    value: 'tag',
    isInstanceHandle: false,
  })
  const change = parsePusherChange(bare, { handleRequired: false })
  assert.ok(change.kind === 'set' && change.settings.handle === undefined)
})

test('instance_handle and profile_tag are one field, so different values are refused', () => {
  assert.deepEqual(settingsOf({ profile_tag: 'handle' }).handle, { value: 'handle', isInstanceHandle: true })
  assert.match(refusal({ ...BODY, profile_tag: 'another' }), /^M_INVALID_PARAM/)
})

test('"app_id: reverse-DNS style … Max length, 64 chars": a longer one is refused, and the style is not checked', () => {
  assert.equal(settingsOf({ app_id: '🔔'.repeat(64) }).appId, '🔔'.repeat(64))
  assert.equal(settingsOf({ app_id: 'not reverse DNS' }).appId, 'not reverse DNS')
  assert.match(refusal({ ...BODY, app_id: 'x'.repeat(65) }), /^M_INVALID_PARAM app_id/)
})

test('the error lists all missing keys', () => {
  assert.equal(
    refusal({}),
    'M_MISSING_PARAM Missing: app_id, pushkey, kind, app_display_name, device_display_name, lang, data, data.url, instance_handle',
  )
  assert.equal(refusal({ ...without('lang'), data: {} }), 'M_MISSING_PARAM Missing: lang, data.url')
  for (const name of ['app_display_name', 'device_display_name', 'lang'])
    assert.match(refusal({ ...BODY, [name]: 5 }), new RegExp(`^M_BAD_JSON ${name}`))
})

test('"data: … For HTTP pushers, this must contain a \'url\' key which is a string": other keys are kept', () => {
  const data = { url: 'https://x.test/', custom: { deep: [1, null] }, format: 'event_id_only' }
  assert.deepEqual(settingsOf({ data }).data, data)
  assert.match(refusal({ ...BODY, data: 'url' }), /^M_BAD_JSON data must/)
  assert.match(refusal({ ...BODY, data: { url: 5 } }), /^M_BAD_JSON data\.url/)
})

test('append and org.belfry.copy_push_rules must be true or false', () => {
  const append = (fields: JsonObject) => {
    const change = parse(fields)
    return change.kind === 'set' && change.append
  }
  assert.equal(append({}), false)
  assert.equal(append({ append: true, 'org.belfry.copy_push_rules': true }), true)
  for (const name of ['append', 'org.belfry.copy_push_rules'])
    assert.match(refusal({ ...BODY, [name]: 'true' }), /^M_BAD_JSON/)
})

test('enabled is true when absent, and is read under both names', () => {
  assert.equal(settingsOf({}).enabled, true)
  assert.equal(settingsOf({ enabled: null }).enabled, true)
  assert.equal(settingsOf({ enabled: false }).enabled, false)
  assert.equal(settingsOf({ 'org.matrix.msc3881.enabled': false }).enabled, false)
  assert.equal(settingsOf({ enabled: true, 'org.matrix.msc3881.enabled': false }).enabled, true)
  assert.match(refusal({ ...BODY, enabled: 'no' }), /^M_BAD_JSON enabled must be true or false/)
  assert.match(
    refusal({ ...BODY, 'org.matrix.msc3881.enabled': 0 }),
    /^M_BAD_JSON org.matrix.msc3881.enabled/,
  )
})

test('disable_badge_count is read from the pusher and from its data, under both names', () => {
  const data = BODY['data'] as JsonObject
  const unstable = 'org.matrix.msc4076.disable_badge_count'
  assert.equal(settingsOf({}).disableBadgeCount, false)
  for (const fields of [
    { disable_badge_count: true },
    { [unstable]: true },
    { data: { ...data, disable_badge_count: true } },
    { data: { ...data, [unstable]: true } },
  ])
    assert.equal(settingsOf(fields).disableBadgeCount, true, JSON.stringify(fields))
  const both = settingsOf({ disable_badge_count: false, data: { ...data, [unstable]: true } })
  assert.equal(both.disableBadgeCount, false)
  assert.equal(both.data[unstable], true, 'data is stored unchanged')
  assert.match(
    refusal({ ...BODY, data: { ...data, [unstable]: 'yes' } }),
    /^M_BAD_JSON data\.org\.matrix\.msc4076\.disable_badge_count must be true or false/,
  )
})
