import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type ClientApiDeps, clientRoutes } from '../../src/client-api/routes.ts'
import { inboxRoutes } from '../../src/gateway-api/inbox.ts'
import { explainRoutes } from '../../src/console-api/explain.ts'
import { gatewayRoutes } from '../../src/gateway-api/notify.ts'
import { pathsOf } from '../../src/http/route.ts'
import { anything } from '../support/anything.ts'
import { call, foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'
import { runs } from '../support/property.ts'

// No request of a client may return a 500 or stay without a response. Bodies are random JSON, and JSON that is almost
// valid: the keys of the endpoints, with values of all types.

const routes = [
  ...clientRoutes(anything as ClientApiDeps),
  ...explainRoutes(anything as never),
  ...gatewayRoutes(anything as never),
  ...inboxRoutes(anything as never),
].flatMap((route) => pathsOf(route).map(({ path }) => ({ method: route.method, path })))
// Each endpoint once; the prefixes share their handlers.
const endpoints = routes.filter(
  ({ path }) => !/client\/(api\/v1|r0)\//.test(path) || path.endsWith('pushers/set'),
)
// These end the session that the others need, or respond for an unlimited time.
const apart = /\/(logout|deactivate|password|delete_devices)|\/devices\/|\/(sync|events)$/
const tested = endpoints.filter(
  ({ method, path }) => !(apart.test(path) && method !== 'GET') && !/\/(sync|events|stream)$/.test(path),
)

const NUL = '\u0000'
const keys = `
  type state_key content membership reason user_id invite preset name topic initial_state
  power_level_content_override creation_content room_version room_alias_name room_id users events ban
  pushkey kind app_id data url lang instance_handle profile_tag app_display_name append
  device_display_name auth session username password identifier device_id initial_device_display_name
  m.relates_to rel_type event_id m.mentions user_ids body msgtype thread_id m.read m.fully_read
  displayname avatar_url typing timeout notification devices counts prio alias alt_aliases redacts
  email client_secret send_attempt sid medium next_link
  event rules global device override underride conditions actions pattern rule_id kind key is enabled
  join_rule history_visibility allow notifications room timeline limit types is_direct visibility
`
  .trim()
  .split(/\s+/)

function values(known: readonly string[]): fc.Arbitrary<unknown> {
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(
      ...known,
      '',
      NUL,
      '\ud800',
      'x'.repeat(300),
      '__proto__',
      'join',
      'http',
      'm.login.dummy',
      'email',
      'm.email',
      'ada@example.org',
      '12',
    ),
    fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e300, 2 ** 53, -0, [], {}),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.jsonValue({ maxDepth: 2 }),
  )
  return fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
    object: fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 6 }),
    value: fc.oneof({ maxDepth: 3 }, leaf, tie('object'), fc.array(tie('value'), { maxLength: 3 })),
  })).value
}

function segmentsOf(known: readonly string[]): fc.Arbitrary<string> {
  const text = fc.oneof(
    fc.constantFrom(...known, 'm.room.message', 'm.read', 'main', '.', '..', NUL),
    fc.string({ maxLength: 12 }),
  )
  return fc.oneof(
    { weight: 9, arbitrary: text.filter((one) => one !== '' && one.isWellFormed()).map(encodeURIComponent) },
    { weight: 1, arbitrary: fc.constantFrom('%', '%zz', '%ff', '%00', 'x'.repeat(2000), '%2F%2e%2e') },
  )
}

function queryOf(known: readonly string[]): fc.Arbitrary<string> {
  const names = fc.constantFrom(
    'from',
    'to',
    'limit',
    'dir',
    'filter',
    'since',
    'at',
    'membership',
    'only',
    'timeout',
    'server_name',
  )
  const texts = fc.oneof(
    fc.constantFrom(...known, 'b', 'f', '1', '-1', '{}', '{"limit":"x"}', '[', NUL),
    fc.string({ maxLength: 8 }),
  )
  return fc
    .array(fc.tuple(names, texts), { maxLength: 3 })
    .map((pairs) => new URLSearchParams(pairs.map(([name, text]) => [name, text.toWellFormed()])).toString())
}

async function world(url: string): Promise<{ alice: TestUser; known: string[] }> {
  const alice = await registerUser(url, 'alice')
  const bob = await registerUser(url, 'bob')
  const roomId = await alice.createRoom({ preset: 'public_chat', room_alias_name: 'delivery' })
  await bob.post(`/join/${encodeURIComponent(roomId)}`)
  const eventId = await alice.say(roomId, 'hello')
  await alice.post('/pushers/set', foundingPusher('http://127.0.0.1:9/_matrix/push/v1/notify'))
  const known = [
    roomId,
    eventId,
    alice.userId,
    bob.userId,
    '#delivery:localhost',
    alice.deviceId,
    'm.room.member',
  ]
  return { alice, known: [...known, 'm.room.power_levels', '!none:localhost', '$none', '@nobody:localhost'] }
}

test('no random request to any endpoint gives a 500', async (t) => {
  const server = await startTestServer(t, { env: { BELFRY_PRESENCE_ENABLED: 'true' } })
  const { alice, known } = await world(server.url)
  assert.ok(tested.length > 60, `${tested.length} endpoints`)
  const request = fc.record({
    endpoint: fc.constantFrom(...tested),
    segments: fc.array(segmentsOf(known), { minLength: 4, maxLength: 4 }),
    query: queryOf(known),
    body: fc.oneof(
      { weight: 8, arbitrary: values(known).map((value) => JSON.stringify(value)) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          '',
          '{',
          'null',
          '"x"',
          '[]',
          `{"a":"${'\\u0000'}"}`,
          '['.repeat(5000),
          '{"a":1e999}',
        ),
      },
    ),
  })
  const statuses = new Map<number, number>()
  await fc.assert(
    fc.asyncProperty(request, async ({ endpoint: { method, path }, segments, query, body }) => {
      let next = 0
      const filled = path.replaceAll(/:[a-zA-Z]+/g, () => segments[next++] as string)
      const { status, body: response } = await call(`${server.url}${filled}?${query}`, {
        method,
        token: alice.token,
        ...(method === 'GET' ? {} : { body }),
      })
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      assert.ok(status < 500, `${status} ${JSON.stringify(response)}`)
      if (status >= 400 && response['errcode'] !== undefined) assert.equal(typeof response['error'], 'string')
      else if (status >= 400)
        assert.ok(
          'flows' in response || String(response['text']).startsWith('<!doctype html>'),
          JSON.stringify(response),
        )
    }),
    { numRuns: runs(800) },
  )
  // Some requests reached the handlers.
  assert.ok((statuses.get(200) ?? 0) > 30, JSON.stringify([...statuses]))
  assert.ok((statuses.get(400) ?? 0) > 150, JSON.stringify([...statuses]))
})
