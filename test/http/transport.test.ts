import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { content } from '../../src/http/content.ts'
import { z } from 'zod'
import { client, defineRoute, reply } from '../../src/http/route.ts'
import { bearer, echo, startServer } from './server-fixture.ts'
import { inject } from '../support/inject.ts'

const whoami = defineRoute({
  method: 'GET',
  path: client('/whoami/:name'),
  auth: 'optional',
  limit: 'default',
  query: z.strictObject({ at: z.string().optional() }),
  handler: ({ requester, prefix, params, address, query }) => ({
    user: requester?.userId ?? null,
    prefix,
    params,
    address,
    query,
  }),
})
const page = defineRoute({
  method: 'GET',
  path: '/page',
  auth: 'none',
  limit: 'none',
  handler: () => content(201, { data: '<p>', type: 'text/html' }),
})
const health = defineRoute({
  method: 'GET',
  path: '/failing',
  auth: 'none',
  limit: 'none',
  handler: () => reply(503, { status: 'failing' }),
})
const routes = [whoami, echo, page]

/** Writes raw bytes and returns everything that comes back until the server closes the connection. */
async function talk(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let received = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk))
  socket.on('error', () => undefined)
  socket.write(text)
  await once(socket, 'close')
  return received
}

function assertCors(headers: Headers, what: string) {
  assert.equal(headers.get('access-control-allow-origin'), '*', what)
  assert.equal(headers.get('access-control-allow-methods'), 'GET, POST, PUT, DELETE, OPTIONS', what)
  assert.equal(
    headers.get('access-control-allow-headers'),
    'X-Requested-With, Content-Type, Authorization',
    what,
  )
}

test('each client prefix reaches the same route, which gets the prefix', async () => {
  await using fixture = startServer(routes)
  for (const prefix of ['api/v1', 'r0', 'v3']) {
    const response = await inject(fixture.server, {
      url: `/_matrix/client/${prefix}/whoami/a%2Fb`,
      headers: bearer,
    })
    const { user, prefix: received, params } = response.json() as Record<string, unknown>
    assert.deepEqual([user, received, params], ['@alice:localhost', prefix, { name: 'a/b' }])
  }
})

test('the token is read from the header or the query, and a setting disables the query', async () => {
  const url = '/_matrix/client/v3/whoami/x'
  await using fixture = startServer(routes)
  const ask = async (target: string, headers: Record<string, string> = {}) =>
    (await inject(fixture.server, { url: target, headers })).json() as Record<string, unknown>
  assert.equal((await ask(url))['user'], null)
  assert.equal((await ask(url, { authorization: 'bearer alice-token' }))['user'], '@alice:localhost')
  const fromQuery = await ask(`${url}?access_token=alice-token&at=1`)
  assert.deepEqual([fromQuery['user'], fromQuery['query']], ['@alice:localhost', { at: '1' }])
  assert.equal((await ask(`${url}?access_token=wrong`))['errcode'], 'M_UNKNOWN_TOKEN')

  await using strict = startServer(routes, { limits: { query_token: false } })
  const refused = await inject(strict.server, { url: `${url}?access_token=alice-token` })
  assert.equal((refused.json() as Record<string, unknown>)['user'], null)
})

test('every response has CORS headers, and OPTIONS returns 204 for any path without a token', async () => {
  await using fixture = startServer(routes, {
    limits: { body_bytes: 1024 },
    rates: { request_burst_per_address: 9 },
  })
  const { url } = await fixture.server.listen()
  const expected: [string, number, RequestInit?][] = [
    ['/_matrix/client/v3/whoami/x', 200],
    ['/page', 201],
    ['/nothing', 404],
    ['/page', 405, { method: 'POST' }],
    ['/echo', 400, { method: 'POST', body: '{' }],
    ['/echo', 413, { method: 'POST', body: `{"x":"${'x'.repeat(2000)}"}` }],
    ['/_matrix/client/v3/whoami/x?access_token=bad', 401],
    ['/%ff', 400],
    ['/nothing', 204, { method: 'OPTIONS' }],
    ['/%ff', 204, { method: 'OPTIONS' }],
    [
      '/_matrix/client/v3/whoami/x',
      204,
      { method: 'OPTIONS', headers: { 'access-control-request-method': 'PUT' } },
    ],
  ]
  for (const [path, status, init] of expected) {
    const response = await fetch(url + path, init)
    await response.arrayBuffer()
    assert.equal(response.status, status, path)
    assertCors(response.headers, `${status} ${path}`)
    if (status === 204) assert.equal(response.headers.get('access-control-max-age'), '86400')
  }
  let limited: Response
  do limited = await fetch(`${url}/echo`, { method: 'POST' })
  while (limited.status === 200)
  assert.equal(limited.status, 429)
  assertCors(limited.headers, '429')
  assert.equal(limited.headers.get('retry-after'), '1')
  const { errcode, retry_after_ms } = (await limited.json()) as Record<string, unknown>
  assert.deepEqual([errcode, retry_after_ms], ['M_LIMIT_EXCEEDED', 2])
})

test('bodies are parsed as JSON with any content type', async () => {
  await using fixture = startServer(routes)
  const { url } = await fixture.server.listen()
  for (const type of [
    undefined,
    'text/plain',
    'application/x-www-form-urlencoded',
    'nonsense',
    'application/json; charset=latin1',
  ]) {
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
    const response = await fetch(`${url}/echo`, { method: 'POST', headers, body: Buffer.from('{"é":1}') })
    assert.deepEqual(await response.json(), { é: 1 }, String(type))
  }
  const chunked = new ReadableStream({
    pull(controller) {
      controller.enqueue(Buffer.from('{"a":"'))
      controller.enqueue(Buffer.from('b"}'))
      controller.close()
    },
  })
  const response = await fetch(`${url}/echo`, {
    method: 'POST',
    body: chunked,
    duplex: 'half',
  } as RequestInit)
  assert.deepEqual(await response.json(), { a: 'b' })
})

test('a client that still sends can read its 413, also for a chunked body', async () => {
  await using fixture = startServer(routes)
  const { url } = await fixture.server.listen()
  const response = await fetch(`${url}/echo`, { method: 'POST', body: 'x'.repeat(800_000) })
  assert.equal(response.status, 413)
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
  const head = 'POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n'
  assert.match(await talk(url, `${head}${chunk.repeat(5)}0\r\n\r\n`), /^HTTP\/1\.1 413 .*M_TOO_LARGE/s)
})

test('a client that sends a large refused body to its end can read its 413, and the connection is closed', async () => {
  await using fixture = startServer(routes)
  const { port } = await fixture.server.listen()
  const socket = connect(port, '127.0.0.1')
  let received = ''
  socket.setEncoding('utf8').on('data', (text: string) => (received += text))
  const ended = once(socket, 'end')
  const size = 16_777_216
  socket.write(`POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: ${size}\r\n\r\n`)
  // Rejects if the connection is reset.
  await once(socket.end(Buffer.alloc(size)), 'finish')
  await ended
  assert.match(received, /^HTTP\/1\.1 413 .*connection: close.*M_TOO_LARGE/is)
})

test('HEAD returns the headers of GET without a body', async () => {
  await using fixture = startServer(routes)
  const { url } = await fixture.server.listen()
  const response = await fetch(`${url}/page`, { method: 'HEAD' })
  assert.deepEqual(
    [response.status, response.headers.get('content-length'), await response.text()],
    [201, '3', ''],
  )
})

test('HEAD has no body for any error', async () => {
  await using fixture = startServer([...routes, health])
  const { url } = await fixture.server.listen()
  const expected: [path: string, status: number][] = [
    ['/page', 201],
    ['/nothing', 404],
    ['/echo', 405],
    ['/failing', 503],
    ['/%ff', 400],
    ['/a%zz', 400],
    ['/a\u0001b', 400],
    ['/_matrix/client/v3/whoami/x?access_token=bad', 401],
    ['/_matrix/client/v3/whoami/x?at=1&at=2', 400],
    [`/${'x'.repeat(20_000)}`, 431],
  ]
  for (const [path, status] of expected) {
    const result = await talk(url, `HEAD ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
    assert.match(result, new RegExp(`^HTTP/1\\.1 ${status} `), path)
    assert.equal(result.split('\r\n\r\n')[1], '', path.slice(0, 80))
  }
})

test('invalid HTTP, a URL that is too long and unknown methods return Matrix errors', async () => {
  await using fixture = startServer(routes)
  const { url } = await fixture.server.listen()
  assert.match(
    await talk(url, 'GARBAGE\r\n\r\n'),
    /^HTTP\/1\.1 400 .*access-control-allow-origin.*M_UNRECOGNIZED/s,
  )
  assert.match(
    await talk(url, `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`),
    /^HTTP\/1\.1 431 .*M_TOO_LARGE/s,
  )
  const end = ' HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'
  assert.match(await talk(url, `PROPFIND /page${end}`), /^HTTP\/1\.1 405 /)
  assert.match(await talk(url, `OPTIONS *${end}`), /^HTTP\/1\.1 204 /)
  assert.match(await talk(url, `TRACE /nothing${end}`), /^HTTP\/1\.1 404 /)
})

test('headers and bodies that arrive too slowly return 408', async () => {
  await using fixture = startServer(routes, { limits: { header_timeout_ms: 60, body_timeout_ms: 60 } })
  const { url } = await fixture.server.listen()
  const slowHeaders = talk(url, 'POST /echo HTTP/1.1\r\nhost: x\r\n')
  const slowBody = talk(url, 'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{"a"')
  for (const result of await Promise.all([slowHeaders, slowBody]))
    assert.match(result, /^HTTP\/1\.1 408 .*access-control-allow-origin: \*.*M_UNKNOWN/s)
  assert.deepEqual(fixture.lines, [])
})

test('the address is that of the connection, or the last entry of a trusted proxy', async () => {
  const url = '/_matrix/client/v3/whoami/x'
  const headers = { 'x-forwarded-for': '10.9.9.9, 203.0.113.7' }
  const addressWith = async (trustProxy: boolean) => {
    await using fixture = startServer(routes, { trustProxy })
    return ((await inject(fixture.server, { url, headers })).json() as Record<string, unknown>)['address']
  }
  assert.equal(await addressWith(false), '127.0.0.1')
  assert.equal(await addressWith(true), '203.0.113.7')
})

test('requests are logged at level debug with their pattern, without path, query or token', async () => {
  await using fixture = startServer(routes, { level: 'debug' })
  await inject(fixture.server, { url: '/_matrix/client/v3/whoami/hush?access_token=alice-token' })
  const [line = ''] = fixture.lines
  const { level, route, status, method } = JSON.parse(line) as Record<string, unknown>
  assert.deepEqual([level, route, status, method], ['debug', '/_matrix/client/v3/whoami/:name', 200, 'GET'])
  assert.doesNotMatch(line, /hush|alice-token/)
})
