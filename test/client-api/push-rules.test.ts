import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { defaultRules, RULE_KINDS } from '../../src/push-rules/index.ts'
import { openTestSqlite } from '../support/databases.ts'
import { accountServer, registered } from './account-server.ts'

async function withAlice(t: TestContext) {
  const { call } = accountServer(t, await openTestSqlite(t))
  const token = await registered(call, 'alice')
  const rules = defaultRules({ userId: '@alice:localhost', localpart: 'alice', legacyMentionRules: true })
  return { call, token, rules }
}

test('the rules, as a whole and in parts', async (t) => {
  const { call, token, rules } = await withAlice(t)
  const get = async (path: string) => call('GET', path, { token })
  assert.deepEqual(await get('/pushrules/'), { status: 200, body: { global: rules } as never })
  assert.deepEqual(await get('/_matrix/client/r0/pushrules/global/'), { status: 200, body: rules as never })
  for (const kind of RULE_KINDS) {
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

test('paths that lead nowhere have the statuses that clients rely on', async (t) => {
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
  ] as const) {
    const answer = await call('GET', path, { token })
    assert.deepEqual([answer.status, answer.body['errcode']], [status, errcode], path)
  }
  assert.equal((await call('GET', '/pushrules/')).status, 401)
})
