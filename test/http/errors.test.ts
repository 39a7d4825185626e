import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { forbidden } from '../../src/lib/errors.ts'
import { client, defineRoute, reply } from '../../src/http/route.ts'
import { jsonObject, roomIdSchema } from '../../src/http/schema.ts'
import { bearer, startServer } from './server-fixture.ts'
import { inject } from '../support/inject.ts'
import { runs } from '../support/property.ts'

// Each kind of error, as a client receives it.

const pusher = defineRoute({
  method: 'POST',
  path: client('/pushers/set'),
  auth: 'user',
  limit: 'default',
  body: z.looseObject({
    pushkey: z.string().min(1).max(8),
    app_id: z.string(),
    kind: z.enum(['http', 'email']).nullable(),
    count: z.int().optional(),
    data: z.looseObject({ url: z.string() }),
  }),
  handler: ({ body }) => ({ got: body }),
})
const send = defineRoute({
  method: 'PUT',
  path: '/rooms/:roomId/send/:type',
  auth: 'none',
  limit: 'none',
  params: z.object({ roomId: roomIdSchema, type: z.string() }),
  body: jsonObject,
  handler: ({ params, body }) => ({ params, body }),
})
const broken = defineRoute({
  method: 'GET',
  path: '/broken',
  auth: 'none',
  limit: 'none',
  handler: () => {
    throw new Error('the secret inside', { cause: new Error('deeper') })
  },
})
const denied = defineRoute({
  method: 'GET',
  path: '/denied',
  auth: 'user',
  limit: 'none',
  handler: () => {
    throw forbidden('You are not in this room')
  },
})
const list = defineRoute({
  method: 'POST',
  path: '/list',
  auth: 'none',
  limit: 'none',
  body: z.array(z.string()),
  query: z.object({ dir: z.enum(['b', 'f']), at: z.string().optional() }),
  handler: ({ body }) => reply(202, { length: body.length }),
})
const routes = [pusher, send, broken, denied, list]
const PATH = '/_matrix/client/v3/pushers/set'

const valid = { pushkey: 'k', app_id: 'a', kind: 'http', data: { url: 'u', other: 1 }, extra: [1] }

async function ask(request: {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url?: string
  body?: string | Buffer
  headers?: Record<string, string>
}) {
  await using fixture = startServer(routes, { limits: { body_bytes: 2000 } })
  const { method = 'POST', url = PATH, body = '', headers = bearer } = request
  const response = await inject(fixture.server, { method, url, payload: body, headers })
  assert.equal(response.headers['access-control-allow-origin'], '*')
  assert.equal(response.headers['content-type'], 'application/json')
  const json = response.json() as { errcode: string; error: string; [key: string]: unknown }
  if (response.statusCode >= 400) assert.equal(typeof json.error, 'string')
  return {
    status: response.statusCode,
    errcode: json.errcode,
    error: json.error,
    json,
    headers: response.headers,
    lines: fixture.lines,
  }
}

const post = (value: unknown) => ask({ body: typeof value === 'string' ? value : JSON.stringify(value) })

test('returns 200 with the unchanged values for valid input', async () => {
  const { status, json } = await post(valid)
  assert.equal(status, 200)
  assert.deepEqual(json['got'], valid)
})

test('returns 400 M_NOT_JSON for a body that is not JSON or not UTF-8', async () => {
  for (const body of [
    '{',
    'pushkey=1',
    '{"a":1}x',
    '"\\ud800',
    Buffer.from([0x7b, 0xff, 0x7d]),
    '{"a":"\0"}',
  ]) {
    const { status, errcode } = await ask({ body })
    assert.deepEqual([status, errcode], [400, 'M_NOT_JSON'], JSON.stringify(body))
  }
})

test('returns 400 M_BAD_JSON with the field for a wrong type', async () => {
  for (const [change, name] of [
    [{ pushkey: 5 }, 'pushkey'],
    [{ data: 'u' }, 'data'],
    [{ data: { url: null } }, 'data.url'],
    [{ kind: 7 }, 'kind'],
    [{ count: 1.5 }, 'count'],
  ] as const) {
    const { status, errcode, error } = await post({ ...valid, ...change })
    assert.deepEqual([status, errcode], [400, 'M_BAD_JSON'], error)
    assert.match(error, new RegExp(`^${name}: expected`))
  }
})

test('returns 400 M_BAD_JSON for a body that is not an object, unless the schema allows it', async () => {
  for (const body of ['[]', 'null', '5', '"text"', 'true']) {
    const { status, errcode } = await post(body)
    assert.deepEqual([status, errcode], [400, 'M_BAD_JSON'], body)
  }
  assert.equal((await ask({ url: '/list?dir=b', body: '["a","b"]' })).status, 202)
  assert.equal((await ask({ url: '/list?dir=b', body: '["a",2]' })).errcode, 'M_BAD_JSON')
  assert.equal((await ask({ url: '/rooms/!r/send/x', method: 'PUT', body: '[]' })).errcode, 'M_BAD_JSON')
})

test('returns one 400 M_MISSING_PARAM with all missing fields', async () => {
  const { status, errcode, error } = await post({ data: {}, count: 'x' })
  assert.deepEqual(
    [status, errcode, error],
    [400, 'M_MISSING_PARAM', 'Missing: pushkey, app_id, kind, data.url'],
  )
  assert.equal((await ask({ url: '/list', body: '[]' })).error, 'Missing: dir')
})

test('reads an absent body as {}', async () => {
  assert.equal((await post('')).error, 'Missing: pushkey, app_id, kind, data')
  assert.equal((await ask({ url: '/rooms/!r/send/x', method: 'PUT' })).status, 200)
})

test('returns 400 M_INVALID_PARAM for a value out of range', async () => {
  for (const change of [{ pushkey: 'over eight' }, { pushkey: '' }, { kind: 'sms' }, { count: 1e300 }]) {
    const { status, errcode, error } = await post({ ...valid, ...change })
    assert.deepEqual([status, errcode], [400, 'M_INVALID_PARAM'], error)
  }
  assert.equal((await ask({ url: '/list?dir=x', body: '[]' })).errcode, 'M_INVALID_PARAM')
  assert.equal((await ask({ url: '/list?dir=b&dir=f', body: '[]' })).errcode, 'M_INVALID_PARAM')
  assert.equal((await ask({ url: '/rooms/nothing/send/x', method: 'PUT' })).errcode, 'M_INVALID_PARAM')
})

test('returns 413 M_TOO_LARGE for a body over the limit, and accepts a body at the limit', async () => {
  const fill = (size: number) => JSON.stringify({ ...valid, fill: 'x'.repeat(size) })
  const overhead = fill(0).length
  assert.equal((await ask({ body: fill(2000 - overhead) })).status, 200)
  const { status, errcode } = await ask({ body: fill(2001 - overhead) })
  assert.deepEqual([status, errcode], [413, 'M_TOO_LARGE'])
})

test('returns 404 M_UNRECOGNIZED for an unknown path; slashes are significant', async () => {
  for (const url of ['/', '/nothing', `${PATH}/`, `/${PATH}`, '/_matrix/client/v2/pushers/set', '/DENIED']) {
    const { status, errcode } = await ask({ url, body: '{"any":"body"}' })
    assert.deepEqual([status, errcode], [404, 'M_UNRECOGNIZED'], url)
  }
})

test('returns 405 M_UNRECOGNIZED with Allow for another method of a known path', async () => {
  for (const [method, url, allow] of [
    ['GET', PATH, 'OPTIONS, POST'],
    ['DELETE', '/rooms/!a%2Fb/send/x', 'OPTIONS, PUT'],
    ['POST', '/denied', 'GET, HEAD, OPTIONS'],
  ] as const) {
    const { status, errcode, headers } = await ask({ method, url })
    assert.deepEqual([status, errcode, headers['allow']], [405, 'M_UNRECOGNIZED', allow])
  }
})

test('returns 400 for malformed percent-encoding, and 400 M_INVALID_PARAM for NUL in a path or query', async () => {
  for (const url of ['/rooms/%ff/send/x', '/rooms/%zz/send/x', '/%', '/%c0%80'])
    assert.deepEqual((await ask({ url, method: 'PUT' })).status, 400, url)
  for (const url of ['/rooms/!r%00/send/x', '/rooms/!r/send/x?q=%00'])
    assert.equal((await ask({ url, method: 'PUT' })).errcode, 'M_INVALID_PARAM', url)
  assert.equal((await ask({ url: '/rooms/!r/send/%2500', method: 'PUT' })).status, 200)
})

test('decodes each path segment separately', async () => {
  const { json } = await ask({ url: '/rooms/%21a%2Fb%3Ac/send/%E2%82%AC%252F%3F', method: 'PUT' })
  assert.deepEqual(json['params'], { roomId: '!a/b:c', type: '€%2F?' })
})

test('returns 400 M_BAD_JSON for JSON that later stages cannot handle', async () => {
  const deep = (levels: number) => `{"pushkey":${'['.repeat(levels)}${']'.repeat(levels)}}`
  for (const body of [
    deep(64),
    deep(900),
    '{"pushkey":"a\\u0000b"}',
    '{"a\\u0000":1}',
    '{"pushkey":["\\ud800"]}',
    '{"pushkey":"\\udc00x"}',
    '{"count":1e999}',
    '{"__proto__":{"polluted":true}}',
    '{"data":{"\\u005f_proto__":{"polluted":true}}}',
  ]) {
    const { status, errcode } = await post(body)
    assert.deepEqual([status, errcode], [400, 'M_BAD_JSON'], body.slice(0, 60))
  }
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  assert.equal((await post(deep(63))).errcode, 'M_MISSING_PARAM')
  assert.equal((await post({ ...valid, pushkey: '😀' })).status, 200)
})

test('returns 401 before the body is validated', async () => {
  for (const headers of [{}, { authorization: 'Basic x' }, { authorization: 'Bearer ' }]) {
    const { status, errcode } = await ask({ headers: headers as Record<string, string>, body: '{' })
    assert.deepEqual([status, errcode], [401, 'M_MISSING_TOKEN'])
  }
  const { status, errcode, json } = await ask({
    headers: { authorization: 'Bearer wrong' },
    body: 'x'.repeat(3000),
  })
  assert.deepEqual([status, errcode, json['soft_logout']], [401, 'M_UNKNOWN_TOKEN', false])
})

test('a MatrixError of a handler keeps its status; another error returns 500 and its text is only in the log', async () => {
  const { status, errcode, error } = await ask({ method: 'GET', url: '/denied' })
  assert.deepEqual([status, errcode, error], [403, 'M_FORBIDDEN', 'You are not in this room'])
  const fault = await ask({ method: 'GET', url: '/broken?access_token=private' })
  assert.deepEqual(
    [fault.status, fault.json],
    [500, { errcode: 'M_UNKNOWN', error: 'Internal server error' }],
  )
  const [line = ''] = fault.lines
  assert.match(line, /the secret inside/)
  assert.match(line, /deeper/)
  assert.match(line, /"request_id":"[0-9a-f]{8}-0"/)
  assert.doesNotMatch(line, /private/)
})

test('random bodies and queries never return 500', async () => {
  await using fixture = startServer(routes)
  const jsonText = fc.oneof(fc.json(), fc.json({ noUnicodeString: false }), fc.string({ unit: 'binary' }))
  const property = fc.asyncProperty(
    fc.oneof(jsonText, fc.uint8Array()),
    fc.webUrl({ withQueryParameters: true }),
    async (body, url) => {
      const payload = typeof body === 'string' ? body : Buffer.from(body)
      const { search } = new URL(url)
      for (const target of [PATH, `/list${search}`, '/rooms/!r/send/x']) {
        const method = target.startsWith('/rooms') ? 'PUT' : 'POST'
        const response = await inject(fixture.server, { method, url: target, payload, headers: bearer })
        assert.ok(response.statusCode < 500, response.body)
      }
    },
  )
  await fc.assert(property, { numRuns: runs(150) })
})
