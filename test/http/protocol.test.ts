import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import { forbidden } from '../../src/lib/errors.ts'
import { defineRoute } from '../../src/http/route.ts'
import { echo, startServer } from './server-fixture.ts'

// Requests as raw bytes, because a client library would normalise them.

const PATH = '/rooms/:roomId/items/:name'
const open = { auth: 'none', limit: 'none' } as const
const routes = [
  defineRoute({
    method: 'GET',
    path: PATH,
    ...open,
    query: z.looseObject({}),
    handler: ({ params, query }) => ({ ...params, query }),
  }),
  defineRoute({ method: 'PUT', path: PATH, ...open, handler: ({ params }) => params }),
  defineRoute({
    method: 'POST',
    path: '/rooms/known/items/fixed',
    ...open,
    handler: () => ({ isFixed: true }),
  }),
  echo,
]

type Got = { status: number; headers: Map<string, string>; body: string }

/** Writes raw bytes and resolves to everything received until the server closes the connection. */
async function talk(url: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let received = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk))
  socket.on('error', () => undefined)
  socket.write(text, 'latin1')
  await once(socket, 'close')
  return received
}

function parsed(text: string): Got {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const headers = new Map(
    lines
      .map((line) => line.split(': ') as [string, string])
      .map(([name, value]) => [name.toLowerCase(), value]),
  )
  return { status: Number(first.split(' ')[1]), headers, body }
}

describe('HTTP requests as bytes', () => {
  let fixture: ReturnType<typeof startServer>
  let url = ''
  before(async () => {
    fixture = startServer(routes)
    url = (await fixture.server.listen()).url
  })
  after(() => fixture.server.close())

  const ask = async (line: string, headers = '') =>
    parsed(await talk(url, `${line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers}\r\n`))

  const LONG = 'x'.repeat(9000)
  const served: [condition: string, target: string, roomId: string, name: string, query?: object][] = [
    ['decodes each id of a path separately', '/rooms/%21a%3Ab/items/%24c', '!a:b', '$c'],
    ['accepts ids that are not encoded', '/rooms/!a:b/items/$c', '!a:b', '$c'],
    ['keeps an encoded slash inside its parameter', '/rooms/a/items/c%2Fd', 'a', 'c/d'],
    ['decodes a parameter only once', '/rooms/a/items/c%252Fd', 'a', 'c%2Fd'],
    ['keeps a plus sign in a path', '/rooms/a/items/c+d%20e', 'a', 'c+d e'],
    ['decodes UTF-8', '/rooms/%F0%9F%94%94/items/%C3%A9', '🔔', 'é'],
    ['does not resolve encoded dots', '/rooms/a/items/..%2F..', 'a', '../..'],
    ['decodes fixed segments', '/%72ooms/a/items/c', 'a', 'c'],
    ['keeps a semicolon in a segment', '/rooms/a/items/c;d', 'a', 'c;d'],
    ['passes an empty parameter to the schema', '/rooms//items/', '', ''],
    [
      'serves a route with a parameter beside a fixed path of another method',
      '/rooms/known/items/fixed',
      'known',
      'fixed',
    ],
    ['accepts a URL of 9,000 characters', `/rooms/a/items/${LONG}`, 'a', LONG],
    ['serves the absolute form of a target', 'http://other/rooms/a/items/c?x=1', 'a', 'c', { x: '1' }],
    ['returns a list for a repeated query key', '/rooms/a/items/c?x=1&x=2', 'a', 'c', { x: ['1', '2'] }],
    [
      'keeps malformed percent-encoding in a query',
      '/rooms/a/items/c?x=%zz&y=%ff',
      'a',
      'c',
      { x: '%zz', y: '%ff' },
    ],
    ['decodes a plus sign of a query as a space', '/rooms/a/items/c?x=a+b', 'a', 'c', { x: 'a b' }],
    ['accepts query keys without a value or a name', '/rooms/a/items/c?w&=q', 'a', 'c', { w: '', '': 'q' }],
    ['drops a query key that names a prototype', '/rooms/a/items/c?__proto__=1', 'a', 'c'],
  ]
  for (const [condition, target, roomId, name, query = {}] of served)
    test(condition, async () => {
      const { status, body } = await ask(`GET ${target}`)
      assert.deepEqual([status, JSON.parse(body)], [200, { roomId, name, query }])
    })

  const refused: [condition: string, line: string, status: number, allow?: string][] = [
    ['malformed percent-encoding in a path is 400', 'GET /rooms/a/items/%zz', 400],
    ['percent-encoding that is not UTF-8 is 400', 'GET /rooms/a/items/%E0%A4', 400],
    ['malformed percent-encoding is 400 for an unknown path', 'GET /%2', 400],
    ['malformed percent-encoding is 400 for an unknown method', 'DELETE /rooms/a/items/%', 400],
    ['NUL in a path is 400', 'GET /rooms/a/items/c%00', 400],
    ['a trailing slash is another path', 'GET /rooms/a/items/c/', 404],
    ['a double slash is another path', 'GET //rooms/a/items/c', 404],
    ['the case of a path is significant', 'GET /Rooms/a/items/c', 404],
    ['an encoded slash does not separate segments', 'GET /rooms%2Fa/items/c', 404],
    ['dot segments are not resolved', 'GET /rooms/./items/../items/c', 404],
    ['a target without a path is 404', 'GET http://x', 404],
    ['an asterisk is 404', 'GET *', 404],
    [
      'a method that the path does not support is 405',
      'POST /rooms/a/items/c',
      405,
      'GET, HEAD, OPTIONS, PUT',
    ],
    [
      'Allow lists the methods of every matching route',
      'DELETE /rooms/known/items/fixed',
      405,
      'GET, HEAD, OPTIONS, POST, PUT',
    ],
    ['another method of an encoded path is 405', 'DELETE /%72ooms/a/items/c', 405, 'GET, HEAD, OPTIONS, PUT'],
    ['QUERY is 405', 'QUERY /rooms/a/items/c', 405, 'GET, HEAD, OPTIONS, PUT'],
    ['TRACE is 405', 'TRACE /rooms/a/items/c', 405, 'GET, HEAD, OPTIONS, PUT'],
    ['HEAD of a path without GET is 405', 'HEAD /echo', 405, 'OPTIONS, POST'],
    ['a method in lower case is 400', 'get /rooms/a/items/c', 400],
    ['a URL with a space is 400', 'GET /rooms/a/items/c d', 400],
  ]
  for (const [condition, line, status, allow] of refused)
    test(condition, async () => {
      const got = await ask(line)
      assert.deepEqual([got.status, got.headers.get('allow')], [status, allow])
      assert.equal(got.headers.get('access-control-allow-origin'), '*')
      assert.equal(got.headers.get('content-type'), 'application/json')
      if (!line.startsWith('HEAD'))
        assert.deepEqual(Object.keys(JSON.parse(got.body) as object), ['errcode', 'error'])
    })

  test('OPTIONS returns 204 for known, unknown and undecodable paths', async () => {
    for (const target of ['/rooms/a/items/c', '/nothing', '/%', '*']) {
      const { status, body, headers } = await ask(`OPTIONS ${target}`)
      assert.deepEqual([status, body, headers.get('access-control-max-age')], [204, '', '86400'], target)
    }
  })

  test('CONNECT closes the connection without a response', async () => {
    assert.equal(await talk(url, 'CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n'), '')
  })

  const malformed: [condition: string, text: string][] = [
    [
      'two content lengths',
      'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}',
    ],
    [
      'a content length with a chunked body',
      'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'a chunk without a length',
      'POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    ],
    [
      'a transfer encoding other than chunked',
      'POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\nzz\r\n',
    ],
    ['a space in a header name', 'GET / HTTP/1.1\r\nhost: x\r\nfoo bar: x\r\n\r\n'],
    ['a folded header', 'GET / HTTP/1.1\r\nhost: x\r\nfoo: a\r\n b\r\n\r\n'],
    ['line feeds without carriage returns', 'GET /nothing HTTP/1.1\nhost: x\nconnection: close\n\n'],
  ]
  for (const [condition, text] of malformed)
    test(`${condition}: returns 400 and closes the connection`, async () => {
      const { status, headers, body } = parsed(await talk(url, text))
      assert.deepEqual([status, headers.get('connection')], [400, 'close'])
      assert.equal((JSON.parse(body) as { errcode: string }).errcode, 'M_UNRECOGNIZED')
    })

  test('a request without Host returns 400', async () => {
    assert.match(await talk(url, 'GET /nothing HTTP/1.1\r\nconnection: close\r\n\r\n'), /^HTTP\/1\.1 400 /)
  })

  test('pipelined requests of one connection get their responses in order', async () => {
    const one = (name: string, more = '') => `GET /rooms/a/items/${name} HTTP/1.1\r\nhost: x\r\n${more}\r\n`
    const text = await talk(url, one('1') + one('2') + one('3', 'connection: close\r\n'))
    assert.deepEqual(
      [...text.matchAll(/"name":"(\d)"/g)].map(([, name]) => name),
      ['1', '2', '3'],
    )
    assert.equal(text.match(/keep-alive: timeout=72/gi)?.length, 2)
  })

  test('HTTP/1.0 closes the connection after the response, unless the client sends keep-alive', async () => {
    const get = 'GET /rooms/a/items/1 HTTP/1.0\r\n'
    assert.equal((await talk(url, `${get}\r\n`)).match(/HTTP\/1\.1 200 /g)?.length, 1)
    const kept = await talk(url, `${get}connection: keep-alive\r\n\r\n${get}\r\n`)
    assert.equal(kept.match(/HTTP\/1\.1 200 /g)?.length, 2)
  })

  test('an upgrade request gets the same response as any other request', async () => {
    const { status } = parsed(
      await talk(
        url,
        'GET /rooms/a/items/c HTTP/1.1\r\nhost: x\r\nconnection: close, upgrade\r\nupgrade: websocket\r\n\r\n',
      ),
    )
    assert.equal(status, 200)
  })

  test('an ignored body is not parsed as the next request', async () => {
    const end = 'GET /rooms/a/items/2 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'
    const text = await talk(
      url,
      `GET /rooms/a/items/1 HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}${end}`,
    )
    assert.deepEqual(
      [...text.matchAll(/"name":"(\d)"/g)].map(([, name]) => name),
      ['1', '2'],
    )
  })

  test('an expectation other than 100-continue returns 417', async () => {
    const text =
      'POST /echo HTTP/1.1\r\nhost: x\r\nexpect: banana\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}'
    assert.equal(parsed(await talk(url, text)).status, 417)
  })
})

describe('Expect: 100-continue', () => {
  const BODY = '{"a":1}'
  const withBody = { auth: 'user', limit: 'none', body: z.looseObject({}) } as const
  const served = [
    echo,
    defineRoute({ method: 'POST', path: '/user', ...withBody, handler: ({ body }) => body }),
    defineRoute({
      method: 'POST',
      path: '/stream/:reads',
      auth: 'none',
      limit: 'none',
      body: { kind: 'stream', limit: 100 },
      params: z.object({ reads: z.enum(['read', 'unread']) }),
      handler: async ({ body, params }) => {
        if (params.reads === 'unread') throw forbidden('not now')
        let bytes = 0
        for await (const chunk of body.chunks) bytes += chunk.length
        return { bytes }
      },
    }),
  ]
  const head = (path: string, { token = '', length = BODY.length } = {}) =>
    `POST ${path} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: ${length}\r\n` +
    `${token && `authorization: Bearer ${token}\r\n`}\r\n`

  for (const path of ['/echo', '/user', '/stream/read'])
    test(`returns 100, then the response follows the body, at ${path}`, async () => {
      await using fixture = startServer(served)
      const { url } = await fixture.server.listen()
      const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8')
      socket.write(head(path, { token: 'alice-token' }))
      const [first] = (await once(socket, 'data')) as [string]
      assert.equal(first, 'HTTP/1.1 100 Continue\r\n\r\n')
      socket.write(BODY)
      const [second] = (await once(socket, 'data')) as [string]
      assert.match(second, /^HTTP\/1\.1 200 /)
      socket.write(`POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}`)
      assert.match(String(await once(socket, 'data')), /^HTTP\/1\.1 200 /, 'the connection stays open')
      socket.destroy()
    })

  const refused: [string, string, number][] = [
    ['an invalid token', head('/user', { token: 'unknown' }), 401],
    ['a missing token', head('/user'), 401],
    ['a body over the limit', head('/user', { token: 'alice-token', length: 10_000_000 }), 413],
    ['a streamed body over the limit', head('/stream/read', { length: 101 }), 413],
    ['an unknown path', head('/unknown'), 404],
    ['a handler that refuses before it reads the stream', head('/stream/unread'), 403],
  ]
  for (const [name, text, status] of refused)
    test(`does not return 100 but ${status} and a closed connection for ${name}`, async () => {
      await using fixture = startServer(served)
      const { url } = await fixture.server.listen()
      const got = parsed(await talk(url, text))
      assert.equal(got.status, status)
      assert.equal(got.headers.get('connection'), 'close')
    })
})
