import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { rulesetOf } from '../../src/user-rules/read-rules.ts'
import type { UserId } from '../../src/lib/ids.ts'
import type { Json, JsonObject } from '../../src/lib/json.ts'
import { defaultRules, USER_RULE_KINDS } from '../../src/push-rules/index.ts'
import type { Database } from '../../src/storage/database.ts'
import { onEachDatabase, openTestSqlite } from '../support/databases.ts'
import { accountServer, registered } from './account-server.ts'

async function withAlice(
  t: TestContext,
  db?: Database,
  more: { maxRulesPerUser?: number; maxRulesLength?: number } = {},
) {
  const server = accountServer(t, db ?? (await openTestSqlite(t)), more)
  const { call } = server
  const token = await registered(call, 'alice')
  const rules = defaultRules({ userId: '@alice:localhost', localpart: 'alice', legacyMentionRules: true })
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows the type of the response
  const get = async (path: string) => (await call('GET', path, { token })).body as any
  const put = (path: string, body: Json) => call('PUT', path, { token, body })
  /** `put`, which must succeed. */
  const set = async (path: string, body: Json) =>
    assert.deepEqual(await put(path, body), { status: 200, body: {} }, path)
  const remove = (path: string) => call('DELETE', path, { token })
  const refused = async (response: Promise<{ status: number; body: JsonObject }>) => {
    const { status, body } = await response
    assert.equal(typeof body['error'], 'string')
    return [status, body['errcode']]
  }
  return { ...server, token, rules, get, put, set, remove, refused }
}

const idsOf = (rules: { rule_id: string }[]) => rules.map((rule) => rule.rule_id)
const EMPTY = { override: [], content: [], room: [], sender: [], underride: [] }
const NOTIFY = { actions: ['notify'] }

test('GET /pushrules/ returns the default rules as a whole, by scope, by kind, by rule and by attribute', async (t) => {
  const { call, token, rules } = await withAlice(t)
  const get = async (path: string) => call('GET', path, { token })
  assert.deepEqual(await get('/pushrules/'), { status: 200, body: { global: rules } as never })
  assert.deepEqual(await get('/_matrix/client/r0/pushrules/global/'), { status: 200, body: rules as never })
  for (const kind of USER_RULE_KINDS) {
    assert.deepEqual(await get(`/pushrules/global/${kind}/`), { status: 200, body: rules[kind] as never })
    for (const rule of rules[kind]) {
      const path = `/pushrules/global/${kind}/${rule.rule_id}`
      assert.deepEqual(await get(path), { status: 200, body: rule as never })
      assert.deepEqual((await get(`${path}/enabled`)).body, { enabled: rule.enabled })
      assert.deepEqual((await get(`${path}/actions`)).body, { actions: rule.actions as never })
    }
  }
  assert.ok(rules.override.length > 5)
})

test('a GET of an unknown scope, kind, rule or attribute returns the status that clients depend on', async (t) => {
  const { call, token } = await withAlice(t)
  for (const [path, status, errcode] of [
    ['/pushrules', 404, 'M_UNRECOGNIZED'],
    ['/pushrules/global', 400, 'M_UNRECOGNIZED'],
    ['/pushrules/global/room', 400, 'M_UNRECOGNIZED'],
    ['/pushrules/not_a_scope/', 400, 'M_UNRECOGNIZED'],
    ['/pushrules/not_a_scope/override/', 400, 'M_UNRECOGNIZED'],
    ['/pushrules/global/not_a_kind/', 400, 'M_UNRECOGNIZED'],
    ['/pushrules/global/constructor/', 400, 'M_UNRECOGNIZED'],
    ['/pushrules/global/override/unknown', 404, 'M_NOT_FOUND'],
    ['/pushrules/global/postcontent/unknown', 404, 'M_NOT_FOUND'],
    ['/pushrules/global/override/unknown/enabled', 404, 'M_NOT_FOUND'],
    ['/pushrules/global/override/.m.rule.master/unknown', 400, 'M_UNRECOGNIZED'],
    ['/pushrules/global/override/.m.rule.master/', 400, 'M_UNRECOGNIZED'],
    ['/pushrules/global/room/!room%2Fid%3Ax', 404, 'M_NOT_FOUND'],
    ['/pushrules/device', 400, 'M_UNRECOGNIZED'],
    ['/pushrules/device/phone', 400, 'M_UNRECOGNIZED'],
    ['/pushrules/device/phone/override', 400, 'M_UNRECOGNIZED'],
    ['/pushrules/device/phone/not_a_kind/', 400, 'M_UNRECOGNIZED'],
    ['/pushrules/device/phone/override/unknown', 404, 'M_NOT_FOUND'],
    ['/pushrules/device/phone/override/.m.rule.master', 404, 'M_NOT_FOUND'],
    ['/pushrules/device/phone/not_a_kind/unknown', 404, 'M_NOT_FOUND'],
    ['/pushrules/device//override/', 400, 'M_INVALID_PARAM'],
    ['/pushrules/device%2F/override/', 400, 'M_INVALID_PARAM'],
    ['/pushrules/device/%00/', 400, 'M_INVALID_PARAM'],
    [`/pushrules/device/${'a'.repeat(256)}/`, 400, 'M_INVALID_PARAM'],
  ] as const) {
    const response = await call('GET', path, { token })
    assert.deepEqual([response.status, response.body['errcode']], [status, errcode], path)
  }
  assert.equal((await call('GET', '/pushrules/')).status, 401)
})

test('PUT and DELETE return 400 for an incomplete or invalid path, and 404 for an unknown rule', async (t) => {
  const { put, remove, refused } = await withAlice(t)
  for (const path of [
    '/',
    '/global',
    '/global/',
    '/global/room',
    '/global/room/',
    '/device',
    '/device/phone/',
  ])
    for (const response of [put(`/pushrules${path}`, NOTIFY), remove(`/pushrules${path}`)])
      assert.deepEqual(await refused(response), [400, 'M_UNRECOGNIZED'], path)
  for (const [path, status, errcode] of [
    ['/pushrules/not_a_scope/room/a', 400, 'M_UNRECOGNIZED'],
    ['/pushrules/global/postcontent/a', 400, 'M_UNKNOWN'],
    ['/pushrules/global/constructor/a', 400, 'M_UNKNOWN'],
    ['/pushrules/global/room/.mine', 400, 'M_INVALID_PARAM'],
    ['/pushrules/global/override/.m.rule.master', 400, 'M_INVALID_PARAM'],
    ['/pushrules/global/room/a%5Cb', 400, 'M_INVALID_PARAM'],
    ['/pushrules/global/room/a%2Fb', 400, 'M_INVALID_PARAM'],
    ['/pushrules/global/room/a%00b', 400, 'M_INVALID_PARAM'],
    [`/pushrules/global/room/${'é'.repeat(151)}`, 400, 'M_TOO_LARGE'],
    ['/pushrules/device//room/a', 400, 'M_INVALID_PARAM'],
    ['/pushrules/device/phone/room/.mine', 400, 'M_INVALID_PARAM'],
    ['/pushrules/global/room/a/not_an_attribute', 400, 'M_UNRECOGNIZED'],
    ['/pushrules/global/room/a/actions', 404, 'M_NOT_FOUND'],
    ['/pushrules/global/override/.m.rule.none/actions', 404, 'M_NOT_FOUND'],
    ['/pushrules/device/phone/override/.m.rule.master/actions', 404, 'M_NOT_FOUND'],
    ['/pushrules/global/room/a?before=b', 400, 'M_UNKNOWN'],
    ['/pushrules/global/room/a?after=.m.rule.message', 400, 'M_UNKNOWN'],
    ['/pushrules/global/override/a?before=.m.rule.master', 400, 'M_MISSING_PARAM'],
  ] as const)
    assert.deepEqual(await refused(put(path, NOTIFY)), [status, errcode], path)
  for (const [path, status, errcode] of [
    ['/pushrules/global/room/a', 404, 'M_NOT_FOUND'],
    ['/pushrules/global/room/a%00', 400, 'M_INVALID_PARAM'],
    ['/pushrules/global/room/a%5Cb', 404, 'M_NOT_FOUND'],
    ['/pushrules/global/postcontent/a', 404, 'M_NOT_FOUND'],
    ['/pushrules/global/override/.m.rule.none', 404, 'M_NOT_FOUND'],
    ['/pushrules/global/override/.m.rule.master', 400, 'M_INVALID_PARAM'],
    ['/pushrules/device/phone/override/.m.rule.master', 404, 'M_NOT_FOUND'],
    ['/pushrules/global/room/', 400, 'M_UNRECOGNIZED'],
    ['/pushrules/not_a_scope/room/a', 400, 'M_UNRECOGNIZED'],
    ['/pushrules/global/room/a/enabled', 400, 'M_UNRECOGNIZED'],
  ] as const)
    assert.deepEqual(await refused(remove(path)), [status, errcode], path)
})

test('a malformed rule is refused and not stored, and an unknown condition is stored unchanged', async (t) => {
  const { get, put, set, refused, rules } = await withAlice(t)
  for (const [path, body, errcode] of [
    ['override/a', { actions: [] }, 'M_MISSING_PARAM'],
    ['override/a', { conditions: {}, actions: [] }, 'M_BAD_JSON'],
    ['override/a', { conditions: [{ key: 'type' }], actions: [] }, 'M_MISSING_PARAM'],
    ['override/a', { conditions: [null], actions: [] }, 'M_BAD_JSON'],
    ['content/a', { actions: [] }, 'M_MISSING_PARAM'],
    ['content/a', { pattern: 7, actions: [] }, 'M_BAD_JSON'],
    ['content/a', { pattern: 'x'.repeat(513), actions: [] }, 'M_TOO_LARGE'],
    ['room/a', {}, 'M_MISSING_PARAM'],
    ['room/a', { actions: 'notify' }, 'M_BAD_JSON'],
    ['room/a', { actions: ['shout'] }, 'M_INVALID_PARAM'],
    ['room/a', [], 'M_BAD_JSON'],
    ['room/a', 'notify', 'M_BAD_JSON'],
    ['override/a', { conditions: Array(51).fill({ kind: 'x' }), actions: [] }, 'M_TOO_LARGE'],
    ['override/a', { conditions: [{ kind: 'x', long: 'x'.repeat(4096) }], actions: [] }, 'M_TOO_LARGE'],
    ['override/.m.rule.master/enabled', { enabled: 'yes' }, 'M_BAD_JSON'],
    ['override/.m.rule.master/enabled', {}, 'M_BAD_JSON'],
    ['override/.m.rule.master/actions', {}, 'M_MISSING_PARAM'],
    ['override/.m.rule.master/actions', ['notify'], 'M_BAD_JSON'],
    ['override/.m.rule.master/actions', { actions: ['shout'] }, 'M_INVALID_PARAM'],
  ] as const)
    assert.deepEqual(await refused(put(`/pushrules/global/${path}`, body as Json)), [400, errcode], path)
  assert.deepEqual(await get('/pushrules/'), { global: rules })
  const unknown = { kind: 'org.example.moon', phase: [1, null] }
  await set('/pushrules/global/override/a', { conditions: [unknown], actions: ['dont_notify', 'coalesce'] })
  assert.deepEqual(await get('/pushrules/global/override/a'), {
    rule_id: 'a',
    default: false,
    enabled: true,
    conditions: [unknown],
    actions: ['dont_notify', 'coalesce'],
  })
})

onEachDatabase('push rules over HTTP', (open) => {
  test('a rule can be created, changed, moved and deleted', async (t) => {
    const { get, set, remove, rules } = await withAlice(t, await open(t))
    const content = (id: string) => `/pushrules/global/content/${encodeURIComponent(id)}`
    await set(content('cake'), { pattern: 'cake', actions: ['notify', { set_tweak: 'sound', value: 'a' }] })
    await set(content('ünï cødé/?#'.replace('/', '')), { pattern: '*', actions: [] })
    await set(`${content('lie')}?before=cake`, { pattern: 'cake*lie', actions: [] })
    await set(`${content('last')}?after=cake`, { pattern: 'z', actions: [] })
    const defaults = idsOf(rules.content)
    const inOrder = async () => idsOf(await get('/pushrules/global/content/'))
    assert.deepEqual(await inOrder(), ['ünï cødé?#', 'lie', 'cake', 'last', ...defaults])
    await set(`${content('last')}?before=lie&after=cake`, { pattern: 'y', actions: [] })
    assert.deepEqual(await inOrder(), ['ünï cødé?#', 'last', 'lie', 'cake', ...defaults])
    await set(`${content('cake')}/enabled`, { enabled: false })
    await set(`${content('cake')}/actions`, { actions: [] })
    await set(`${content('cake')}?before=`, { pattern: 'cakes', actions: ['notify'] })
    await set(`${content('cake')}?after=cake`, { pattern: 'cakes', actions: ['notify'] })
    assert.deepEqual(
      await inOrder(),
      ['ünï cødé?#', 'last', 'lie', 'cake', ...defaults],
      'the place is unchanged',
    )
    assert.deepEqual(await get(content('cake')), {
      rule_id: 'cake',
      default: false,
      enabled: false,
      pattern: 'cakes',
      actions: ['notify'],
    })
    assert.equal((await remove(content('cake'))).status, 200)
    await set(content('cake'), { pattern: 'cake', actions: [] })
    assert.deepEqual(
      await get(`${content('cake')}/enabled`),
      { enabled: true },
      'a new rule does not inherit from the deleted one',
    )
    await set(`${content('cake')}/enabled`, false)
    assert.deepEqual(await get(`${content('cake')}/enabled`), { enabled: false })
  })

  test('enabled and actions of a default rule can be changed and changed back, and its conditions cannot', async (t) => {
    const { get, set, put, rules, refused } = await withAlice(t, await open(t))
    const path = '/pushrules/global/underride/.m.rule.message'
    await set(`${path}/enabled`, { enabled: false })
    await set(`${path}/actions`, { actions: ['notify', { set_tweak: 'highlight' }] })
    const shipped = rules.underride.find((rule) => rule.rule_id === '.m.rule.message')
    assert.deepEqual(await get(path), {
      ...shipped,
      enabled: false,
      actions: ['notify', { set_tweak: 'highlight' }],
    })
    assert.deepEqual(await refused(put(path, { conditions: [], actions: [] })), [400, 'M_INVALID_PARAM'])
    await set('/pushrules/global/override/.m.rule.master/enabled', { enabled: true })
    await set('/pushrules/global/override/mine', { conditions: [], actions: [] })
    assert.equal((await get('/pushrules/global/override/'))[0].rule_id, '.m.rule.master')
    await set(`${path}/enabled`, { enabled: true })
    await set(`${path}/actions`, { actions: shipped?.actions as Json })
    assert.deepEqual(await get(path), shipped)
  })

  test('the rules of a device are a separate scope', async (t) => {
    const { get, set, remove, rules, call, token } = await withAlice(t, await open(t))
    const shown = { ...EMPTY, room: [{ rule_id: '!room', default: false, enabled: true, actions: [] }] }
    assert.deepEqual(await get('/pushrules/device/'), {})
    assert.deepEqual(await get('/pushrules/device/nobodys/'), EMPTY)
    assert.deepEqual(await get('/pushrules/device/nobodys/room/'), [])
    assert.deepEqual(await get('/_matrix/client/api/v1/pushrules/'), { global: rules, device: {} })
    assert.deepEqual(await get('/pushrules/'), { global: rules })
    await set('/pushrules/device/phone/room/!room', { actions: [] })
    for (const prefix of ['api/v1', 'r0', 'v3'])
      assert.deepEqual(
        await get(`/_matrix/client/${prefix}/pushrules/`),
        { global: rules, device: { phone: shown } },
        prefix,
      )
    for (const scope of ['device/phone', 'device%2Fphone']) {
      assert.deepEqual(await get(`/pushrules/${scope}/`), shown)
      assert.deepEqual(await get(`/pushrules/${scope}/room/`), shown.room)
      assert.deepEqual(await get(`/pushrules/${scope}/room/!room`), shown.room[0])
      await set(`/pushrules/${scope}/room/!room/enabled`, { enabled: true })
      await set(`/pushrules/${scope}/room/!room/actions`, { actions: [] })
    }
    await set('/pushrules/device%2Foverride/room/!room', { actions: ['notify'] })
    await set('/pushrules/device/__proto__/room/!room', { actions: ['notify'] })
    assert.deepEqual(idsOf(await get('/pushrules/device/override/room/')), ['!room'])
    const whole = await call('GET', '/user/@alice:localhost/account_data/m.push_rules', { token })
    assert.deepEqual(Object.keys(whole.body['device'] as object).toSorted(), [
      '__proto__',
      'override',
      'phone',
    ])
    assert.equal((await remove('/pushrules/device/phone/room/!room')).status, 200)
    assert.deepEqual(await get('/pushrules/device/phone/'), EMPTY)
    assert.deepEqual(
      idsOf(await get('/pushrules/device/override/room/')),
      ['!room'],
      'the rules of the other device stay',
    )
  })

  test('a PUT above the number of rules of a user, over all scopes, returns 400', async (t) => {
    const { get, set, put, remove, refused } = await withAlice(t, await open(t), { maxRulesPerUser: 3 })
    await set('/pushrules/global/room/a', NOTIFY)
    await set('/pushrules/device/phone/room/a', NOTIFY)
    await set('/pushrules/device/tablet/room/a', NOTIFY)
    const more = () => refused(put('/pushrules/device/tablet/room/b', NOTIFY))
    assert.deepEqual(await more(), [400, 'M_INVALID_PARAM'])
    await set('/pushrules/device/tablet/room/a', { actions: [] })
    await remove('/pushrules/global/room/a')
    await set('/pushrules/device/tablet/room/b', NOTIFY)
    assert.deepEqual(idsOf(await get('/pushrules/device/tablet/room/')), ['b', 'a'])
  })

  test('a PUT above the total length of the rules of a user returns 400', async (t) => {
    const { get, set, put, remove, refused } = await withAlice(t, await open(t), { maxRulesLength: 300 })
    const long = { pattern: 'x'.repeat(100), ...NOTIFY }
    await set('/pushrules/global/content/a', long)
    await set('/pushrules/device/phone/content/a', long)
    const more = () => put('/pushrules/global/content/b', long)
    assert.deepEqual(await refused(more()), [400, 'M_INVALID_PARAM'])
    const actions = { actions: ['notify', { set_tweak: 'sound', value: 'x'.repeat(100) }] }
    assert.deepEqual(await refused(put('/pushrules/global/content/a/actions', actions)), [
      400,
      'M_INVALID_PARAM',
    ])
    assert.deepEqual(idsOf(await get('/pushrules/global/content/')), ['a', '.m.rule.contains_user_name'])
    await remove('/pushrules/device/phone/content/a')
    await set('/pushrules/global/content/b', long)
  })

  test('a user can neither read nor delete the rules of another user', async (t) => {
    const { call, set, get } = await withAlice(t, await open(t))
    const token = await registered(call, 'bob')
    await set('/pushrules/global/room/a', NOTIFY)
    assert.equal((await call('GET', '/pushrules/global/room/a', { token })).status, 404)
    assert.equal((await call('DELETE', '/pushrules/global/room/a', { token })).status, 404)
    assert.equal((await get('/pushrules/global/room/')).length, 1)
  })

  test('a deactivated account has only the default rules', async (t) => {
    const db = await open(t)
    const { call, set, token, rules } = await withAlice(t, db)
    await set('/pushrules/global/room/a', NOTIFY)
    await set('/pushrules/device/phone/room/a', NOTIFY)
    await set('/pushrules/global/override/.m.rule.master/enabled', { enabled: true })
    const auth = { type: 'm.login.password', user: 'alice', password: 'secret' }
    assert.equal((await call('POST', '/account/deactivate', { token, body: { auth } })).status, 200)
    const left = await rulesetOf(db, '@alice:localhost' as UserId, { legacyMentionRules: true })
    assert.deepEqual([left.global, left.device.size], [rules, 0])
  })
})
