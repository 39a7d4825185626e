import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { type AuthKind, signedLink } from '../../src/http/auth.ts'
import { defineRoute, reply, type Route } from '../../src/http/route.ts'
import { forbidden } from '../../src/lib/errors.ts'
import type { UserId } from '../../src/lib/ids.ts'
import { inject } from '../support/inject.ts'
import { alice, startServer } from './server-fixture.ts'

const BRIDGE = '@bridge:localhost' as UserId
const asBearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** A server that knows Alice, an administrator, and a bridge for users whose names begin with `_`. */
function start(routes: readonly Route[], limits = {}) {
  return startServer(routes, {
    limits,
    authenticate: async (token) =>
      token === 'alice-token' ? alice : token === 'admin-token' ? { ...alice, isAdmin: true } : undefined,
    authenticateService: async (token, { userId }) => {
      if (token !== 'as-token') return undefined
      if (userId !== undefined && !userId.startsWith('@_'))
        throw forbidden('This user is not in your namespaces')
      return { userId: userId ?? BRIDGE, isAdmin: false, serviceId: 'bridge' }
    },
  })
}

const whoAmI = <const Auth extends AuthKind>(auth: Auth) =>
  defineRoute({
    method: 'GET',
    path: `/${typeof auth === 'string' ? auth.replaceAll(' ', '-') : auth.kind}`,
    auth,
    limit: 'default',
    handler: ({ requester }) => ({
      user: requester?.userId ?? null,
      device: requester?.deviceId ?? null,
    }),
  })

const KINDS = [
  'user',
  'optional',
  'administrator',
  'application service',
  'user or application service',
  'none',
] as const

const ALICE = '@alice:localhost PHONE'
const SERVICE = '@bridge:localhost null'
const ANONYMOUS = 'null null'
type Expected = Record<(typeof KINDS)[number], string>

const expectations: [token: string | undefined, Expected][] = [
  [
    undefined,
    {
      user: '401 M_MISSING_TOKEN',
      optional: ANONYMOUS,
      administrator: '401 M_MISSING_TOKEN',
      'application service': '401 M_MISSING_TOKEN',
      'user or application service': '401 M_MISSING_TOKEN',
      none: ANONYMOUS,
    },
  ],
  [
    'wrong-token',
    {
      user: '401 M_UNKNOWN_TOKEN',
      optional: '401 M_UNKNOWN_TOKEN',
      administrator: '401 M_UNKNOWN_TOKEN',
      'application service': '401 M_UNKNOWN_TOKEN',
      'user or application service': '401 M_UNKNOWN_TOKEN',
      none: ANONYMOUS,
    },
  ],
  [
    'alice-token',
    {
      user: ALICE,
      optional: ALICE,
      administrator: '403 M_FORBIDDEN',
      'application service': '401 M_UNKNOWN_TOKEN',
      'user or application service': ALICE,
      none: ANONYMOUS,
    },
  ],
  [
    'admin-token',
    {
      user: ALICE,
      optional: ALICE,
      administrator: ALICE,
      'application service': '401 M_UNKNOWN_TOKEN',
      'user or application service': ALICE,
      none: ANONYMOUS,
    },
  ],
  [
    'as-token',
    {
      user: '401 M_UNKNOWN_TOKEN',
      optional: '401 M_UNKNOWN_TOKEN',
      administrator: '401 M_UNKNOWN_TOKEN',
      'application service': SERVICE,
      'user or application service': SERVICE,
      none: ANONYMOUS,
    },
  ],
]
for (const [token, expected] of expectations)
  test(`each kind of authentication handles ${token ?? 'a request without a token'}`, async () => {
    await using fixture = start(KINDS.map((kind) => whoAmI(kind)))
    const got: Record<string, string> = {}
    for (const kind of KINDS) {
      const headers = token === undefined ? {} : asBearer(token)
      const response = await inject(fixture.server, { url: `/${kind.replaceAll(' ', '-')}`, headers })
      const body = response.json() as Record<string, string>
      got[kind] =
        response.statusCode === 200
          ? `${body['user']} ${body['device']}`
          : `${response.statusCode} ${body['errcode']}`
    }
    assert.deepEqual(got, expected)
  })

test('an application service acts as the user in user_id if that user is in its namespaces', async () => {
  const strict = defineRoute({
    method: 'GET',
    path: '/strict',
    auth: 'application service',
    limit: 'default',
    query: z.strictObject({ at: z.string().optional() }),
    handler: ({ requester, query }) => ({ user: requester.userId, ...query }),
  })
  await using fixture = start([strict])
  const ask = async (query: string) => {
    const response = await inject(fixture.server, {
      url: `/strict?${query}`,
      headers: asBearer('as-token'),
    })
    return [response.statusCode, response.json()] as [number, Record<string, string>]
  }
  assert.deepEqual(await ask('user_id=@_ghost:localhost&at=1'), [200, { user: '@_ghost:localhost', at: '1' }])
  assert.deepEqual(await ask('at=1'), [200, { user: BRIDGE, at: '1' }])
  const refused: [query: string, status: number, errcode: string][] = [
    ['user_id=@alice:localhost', 403, 'M_FORBIDDEN'],
    ['user_id=ghost', 400, 'M_INVALID_PARAM'],
    ['user_id=', 400, 'M_INVALID_PARAM'],
    ['user_id=@_a:localhost&user_id=@_b:localhost', 400, 'M_INVALID_PARAM'],
    ['user_id=@_a:localhost&other=1', 400, 'M_INVALID_PARAM'],
  ]
  for (const [query, status, errcode] of refused) {
    const [got, body] = await ask(query)
    assert.deepEqual([got, body['errcode']], [status, errcode], query)
  }
})

test('the query parameter user_id of a user request is passed to the route', async () => {
  const route = defineRoute({
    method: 'GET',
    path: '/about',
    auth: 'user or application service',
    limit: 'default',
    query: z.object({ user_id: z.string() }),
    handler: ({ requester, query }) => ({ asks: requester.userId, about: query.user_id }),
  })
  await using fixture = start([route])
  const response = await inject(fixture.server, {
    url: '/about?user_id=@bob:localhost',
    headers: asBearer('alice-token'),
  })
  assert.deepEqual(response.json(), { asks: '@alice:localhost', about: '@bob:localhost' })
})

test('a request of an application service counts for the rate limit of the user that it acts as', async () => {
  const gate = Promise.withResolvers<void>()
  const entered = Promise.withResolvers<void>()
  const wait = defineRoute({
    method: 'GET',
    path: '/wait',
    auth: 'application service',
    limit: 'default',
    handler: async () => {
      entered.resolve()
      await gate.promise
      return {}
    },
  })
  await using fixture = start([wait, whoAmI('application service')], { requests_in_flight_per_user: 1 })
  const headers = asBearer('as-token')
  const waiting = inject(fixture.server, { url: '/wait?user_id=@_one:localhost', headers })
  await entered.promise
  const ask = (user: string) =>
    inject(fixture.server, { url: `/application-service?user_id=${user}`, headers })
  assert.equal((await ask('@_one:localhost')).statusCode, 429)
  assert.equal((await ask('@_two:localhost')).statusCode, 200)
  gate.resolve()
  assert.equal((await waiting).statusCode, 200)
})

test('an as_token is refused if the server has no application services', async () => {
  await using fixture = startServer([whoAmI('application service')])
  const response = await inject(fixture.server, {
    url: '/application-service',
    headers: asBearer('alice-token'),
  })
  assert.equal(response.statusCode, 401)
})

test('a signed link is verified before the body is read, and its data is passed to the handler', async () => {
  const verified: string[] = []
  const link = signedLink(
    async (token) => {
      verified.push(token)
      return token === 'good/one' ? { file: 'a.png' } : undefined
    },
    (languages) =>
      reply(404, { errcode: 'M_NOT_FOUND', error: `This link is not valid (${languages.join()})` }),
  )
  const route = defineRoute({
    method: 'POST',
    path: '/links/:token',
    auth: link,
    limit: 'default',
    body: z.object({}),
    handler: ({ link: { file } }) => ({ file }),
  })
  await using fixture = start([route])
  const ask = async (token: string) => {
    const response = await inject(fixture.server, { method: 'POST', url: `/links/${token}`, payload: '{' })
    return [response.statusCode, (response.json() as Record<string, string>)['errcode']]
  }
  assert.deepEqual(await ask('bad'), [404, 'M_NOT_FOUND'])
  const headers = { 'accept-language': 'en;q=0.5, de' }
  const refused = await inject(fixture.server, { method: 'POST', url: '/links/bad', headers })
  assert.match(refused.body, /not valid \(de,en\)/)
  assert.deepEqual(await ask('good%2Fone'), [400, 'M_NOT_JSON'])
  assert.deepEqual(await ask('nul%00'), [400, 'M_INVALID_PARAM'])
  assert.deepEqual(verified, ['bad', 'bad', 'good/one'])
  const good = await inject(fixture.server, { method: 'POST', url: '/links/good%2Fone' })
  assert.deepEqual(good.json(), { file: 'a.png' })
})

test('a request over the limit of its address is not authenticated, and an unauthenticated request is not parsed', async () => {
  const route = defineRoute({
    method: 'POST',
    path: '/order',
    auth: 'administrator',
    limit: 'login',
    query: z.strictObject({}),
    body: z.object({ a: z.string() }),
    handler: () => ({}),
  })
  await using fixture = startServer([route], { rates: { login_attempts_per_minute_per_address: 2 } })
  const ask = async (token: string) => {
    const url = '/order?unknown=1'
    const response = await inject(fixture.server, {
      method: 'POST',
      url,
      headers: asBearer(token),
      payload: '{',
    })
    return response.statusCode
  }
  assert.deepEqual(
    [await ask('wrong-token'), await ask('alice-token'), await ask('wrong-token')],
    [401, 403, 429],
  )
})
