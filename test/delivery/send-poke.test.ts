import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { Readable } from 'node:stream'
import { suite, test } from 'node:test'

import type { PokeAgentOptions } from '../../src/delivery/poke-agent.ts'
import { type Clock, systemClock } from '../../src/lib/clock.ts'
import type { GuardedAgent } from '../../src/lib/outbound/guarded-agent.ts'
import { makeIpPolicy } from '../../src/lib/outbound/ip-policy.ts'
import type { Poke } from '../../src/delivery/poke.ts'
import { makePokeSender, type OwnGateway } from '../../src/delivery/send-poke.ts'
import { notFound } from '../../src/lib/errors.ts'
import { afterHead } from '../support/agent-post.ts'
import { createManualClock } from '../support/manual-clock.ts'
import type { SendResult } from '../../src/sending/result.ts'
import { CERTIFICATE } from './certificate.ts'
import { agentFor, httpServer, httpsServer, tcpServer } from './servers.ts'

const poke: Poke = {
  notification: {
    event_id: '$event',
    room_id: '!room',
    counts: { unread: 1 },
    devices: [{ app_id: 'app', pushkey: 'secret-key', pushkey_ts: 1, data: { note: 'Grüße' } }],
  },
}

type Options = Partial<PokeAgentOptions> & { deadlineMs?: number; clock?: Clock }

async function sendTo(
  url: string,
  { deadlineMs = 60_000, clock = systemClock, ...options }: Options = {},
): Promise<SendResult> {
  await using agent = agentFor(options)
  return await makePokeSender({ agent, deadlineMs, clock })(url, poke)
}

async function resultFrom(listener: RequestListener, options: Options = {}): Promise<SendResult> {
  await using server = await httpServer(listener)
  return await sendTo(server.url, options)
}

/** Returns the result without its duration, which must be a whole number of milliseconds. */
function withoutDuration({ ms, ...rest }: SendResult) {
  assert.ok(Number.isInteger(ms) && ms >= 0)
  return rest
}

const respondWith =
  (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body)

const sent = (status = 200) => ({ kind: 'delivered', reason: 'accepted', status })
const rejected = (status = 200) => ({ kind: 'rejected', reason: 'rejected', status })

suite('accepted pokes', () => {
  test('sends the request that a gateway expects', async () => {
    let received: unknown
    const result = await resultFrom((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { 'content-type': type, 'user-agent': agent } = request.headers
        received = {
          method: request.method,
          url: request.url,
          type,
          agent,
          body: JSON.parse(Buffer.concat(chunks).toString()),
        }
        response.end('{"rejected":[]}')
      })
    })
    assert.deepEqual(withoutDuration(result), sent())
    assert.deepEqual(received, {
      method: 'POST',
      url: '/_matrix/push/v1/notify',
      type: 'application/json',
      agent: 'belfry',
      body: poke,
    })
  })

  test('returns rejected when the response names the pushkey of the poke, and for no other pushkey', async () => {
    const both = '{"rejected":["a","secret-key"]}'
    assert.deepEqual(withoutDuration(await resultFrom(respondWith(200, both))), rejected())
    assert.deepEqual(
      withoutDuration(await resultFrom(respondWith(202, '{"rejected":["secret-key"]}'))),
      rejected(202),
    )
    assert.deepEqual(withoutDuration(await resultFrom(respondWith(200, '{"rejected":["a"]}'))), sent())
  })

  const unexpectedBodies = [
    '',
    'null',
    '[]',
    '7',
    'not JSON',
    '<html>',
    '{}',
    '{"rejected":null}',
    '{"rejected":"secret-key"}',
    '{"rejected":["secret-key",7]}',
  ]
  for (const body of unexpectedBodies) {
    test(`returns delivered for an unexpected body: ${JSON.stringify(body)}`, async () => {
      assert.deepEqual(withoutDuration(await resultFrom(respondWith(200, body))), sent())
    })
  }

  test('returns delivered for a 204 without a body', async () => {
    assert.deepEqual(withoutDuration(await resultFrom(respondWith(204, ''))), sent(204))
  })

  test('stops reading a long body, by its declared and by its actual length', async () => {
    const chunk = Buffer.alloc(16_384, ' ')
    const endlessBody: RequestListener = (_request, response) => {
      const stream = new Readable({ read: () => setImmediate(() => stream.push(chunk)) })
      stream.pipe(response).on('close', () => stream.destroy())
    }
    assert.deepEqual(withoutDuration(await resultFrom(endlessBody)), sent())
    const long = JSON.stringify({ rejected: ['secret-key'], padding: 'x'.repeat(70_000) })
    assert.deepEqual(withoutDuration(await resultFrom(respondWith(200, long))), sent())
  })

  test('sends over TLS with an authority of the operator', async () => {
    await using server = await httpsServer(respondWith(200, '{"rejected":[]}'))
    const options = { lookup: async () => ['127.0.0.1'], ca: [CERTIFICATE] }
    const result = await sendTo(`https://gateway.test:${server.port}/_matrix/push/v1/notify`, options)
    assert.deepEqual(withoutDuration(result), sent())
  })
})

suite('refused pokes', () => {
  for (const status of [400, 401, 404, 410, 413, 422]) {
    test(`returns refused for status ${status}`, async () => {
      const result = await resultFrom(respondWith(status, 'secret-key', { 'retry-after': '7' }))
      assert.deepEqual(withoutDuration(result), { kind: 'refused', reason: `status ${status}`, status })
    })
  }

  for (const status of [408, 425, 500, 502, 504]) {
    test(`returns retry for status ${status}`, async () => {
      const result = await resultFrom(respondWith(status, 'secret-key', { 'retry-after': '7' }))
      assert.deepEqual(withoutDuration(result), { kind: 'retry', reason: `status ${status}`, status })
    })
  }

  for (const status of [301, 302, 307, 308]) {
    test(`does not follow a redirect: ${status}`, async () => {
      let requests = 0
      const result = await resultFrom((request, response) => {
        requests++
        response.writeHead(status, { location: request.url }).end()
      })
      assert.deepEqual(withoutDuration(result), { kind: 'retry', reason: 'redirect', status })
      assert.equal(requests, 1)
    })
  }

  for (const status of [429, 503]) {
    test(`returns the Retry-After of status ${status}`, async () => {
      const retry = { kind: 'retry', reason: `status ${status}`, status }
      const seconds = await resultFrom(respondWith(status, '', { 'retry-after': '90' }))
      assert.deepEqual(withoutDuration(seconds), { ...retry, retryAfterMs: 90_000 })
      const clock = createManualClock()
      const later = new Date(clock.now() + 60_000).toUTCString()
      const date = await resultFrom(respondWith(status, '', { 'retry-after': later }), { clock })
      assert.deepEqual(withoutDuration(date), { ...retry, retryAfterMs: 60_000 })
      assert.deepEqual(withoutDuration(await resultFrom(respondWith(status, ''))), retry)
    })
  }

  test('ignores the body of a failure of any length', async (t) => {
    await using server = await httpServer((_request, response) => {
      response.writeHead(429, { 'retry-after': '2' })
      response.write('.')
    })
    await using agent = agentFor()
    const deadlineMs = 30_000
    t.mock.timers.enable({ apis: ['setTimeout'] })
    // The deadline passes after the headers and before the end of the body.
    const { post } = afterHead(agent, () => t.mock.timers.tick(deadlineMs))
    const result = await makePokeSender({ agent: { ...agent, post }, deadlineMs })(server.url, poke)
    assert.deepEqual(withoutDuration(result), {
      kind: 'retry',
      reason: 'status 429',
      status: 429,
      retryAfterMs: 2000,
    })
  })
})

const failed = (reason: string) => ({ kind: 'retry', reason })

suite('failed requests', () => {
  test('ends at the deadline for a body that never ends', async () => {
    const result = await resultFrom(
      (_request, response) => {
        const timer = setInterval(() => response.write(' '), 5)
        response.on('close', () => clearInterval(timer))
      },
      { deadlineMs: 60 },
    )
    assert.deepEqual(withoutDuration(result), failed('timeout'))
  })

  test('times out without headers', async () => {
    assert.deepEqual(withoutDuration(await resultFrom(() => {}, { deadlineMs: 40 })), failed('timeout'))
  })

  test('times out for headers that never end', async () => {
    await using server = await tcpServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const timer = setInterval(() => socket.write('x: y\r\n'), 5)
      socket.on('close', () => clearInterval(timer))
    })
    assert.deepEqual(withoutDuration(await sendTo(server.url, { deadlineMs: 60 })), failed('timeout'))
  })

  test('times out without a connection', async () => {
    const result = await sendTo('http://slow.test/', {
      lookup: () => new Promise(() => {}),
      connectTimeoutMs: 20,
    })
    assert.deepEqual(withoutDuration(result), failed('timeout'))
  })

  test('reports a reset in the middle of the response', async () => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"rejected":[', () =>
          socket.resetAndDestroy(),
        )
      })
    })
    assert.deepEqual(withoutDuration(await sendTo(server.url)), failed('connection reset'))
  })

  test('reports an end in the middle of the response', async () => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"rejected":['))
    })
    assert.deepEqual(withoutDuration(await sendTo(server.url)), failed('connection closed'))
  })

  test('reports an end before the response', async () => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => socket.end())
    })
    assert.deepEqual(withoutDuration(await sendTo(server.url)), failed('connection closed'))
  })

  test('reports a response that is not HTTP', async () => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => socket.end('220 mail.example.org ESMTP\r\n'))
    })
    assert.deepEqual(withoutDuration(await sendTo(server.url)), failed('bad response'))
  })

  test('reports headers that are too long', async () => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(200_000)}\r\n`))
    })
    assert.deepEqual(withoutDuration(await sendTo(server.url)), failed('bad response'))
  })

  test('reports a refused connection', async () => {
    const server = await httpServer(() => {})
    await server[Symbol.asyncDispose]()
    assert.deepEqual(withoutDuration(await sendTo(server.url)), failed('connection refused'))
  })

  test('reports TLS with a wrong name, with an unknown authority, and with a server without TLS', async () => {
    await using server = await httpsServer(respondWith(200, '{}'))
    await using plain = await tcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const lookup = async () => ['127.0.0.1']
    const url = (host: string, port: number) => `https://${host}:${port}/_matrix/push/v1/notify`
    assert.deepEqual(
      withoutDuration(await sendTo(url('other.test', server.port), { lookup, ca: [CERTIFICATE] })),
      failed('tls'),
    )
    assert.deepEqual(
      withoutDuration(await sendTo(url('gateway.test', server.port), { lookup })),
      failed('tls'),
    )
    assert.deepEqual(
      withoutDuration(await sendTo(url('gateway.test', plain.port), { lookup })),
      failed('tls'),
    )
  })

  test('reports a name that does not resolve', async () => {
    const lookup = () => Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }))
    assert.deepEqual(withoutDuration(await sendTo('http://gone.test/', { lookup })), failed('dns'))
    assert.deepEqual(
      withoutDuration(await sendTo('http://gone.test/', { lookup: async () => [] })),
      failed('dns'),
    )
  })

  test('reports a blocked address, literal or by name', async () => {
    const policy = makeIpPolicy([])
    assert.deepEqual(
      withoutDuration(await sendTo('http://127.0.0.1:9/', { policy })),
      failed('blocked by the IP policy'),
    )
    const lookup = async () => ['93.184.215.14', '10.0.0.1']
    const result = await sendTo('https://gateway.test/_matrix/push/v1/notify', { policy, lookup })
    assert.deepEqual(withoutDuration(result), failed('blocked by the IP policy'))
  })

  test('reports an invalid URL', async () => {
    for (const url of ['', 'nonsense', 'ftp://127.0.0.1/', 'file:///etc/passwd']) {
      assert.deepEqual(withoutDuration(await sendTo(url)), failed('bad url'))
    }
  })

  test('reports a stopped sender', async () => {
    await using server = await httpServer(() => {})
    const agent = agentFor()
    const result = makePokeSender({ agent })(server.url, poke)
    await agent[Symbol.asyncDispose]()
    assert.deepEqual(withoutDuration(await result), failed('stopped'))
  })
})

suite("the server's own gateway", () => {
  const noAgent = { post: () => assert.fail('sent an HTTP request') } as unknown as GuardedAgent
  const send = (own: OwnGateway, deadlineMs = 10_000) =>
    makePokeSender({ agent: noAgent, inProcess: () => own, deadlineMs })(
      'http://localhost:8008/_matrix/push/v1/notify',
      poke,
    )

  test('is called in process with the same results as over HTTP', async () => {
    let received: unknown
    const result = await send(async (body) => {
      received = body
      return { status: 200, body: { rejected: ['secret-key'] } }
    })
    assert.deepEqual(withoutDuration(result), rejected())
    assert.deepEqual(received, poke)
  })

  test('can fail', async () => {
    const status = await send(async () => ({ status: 503, body: {} }))
    assert.deepEqual(withoutDuration(status), { kind: 'retry', reason: 'status 503', status: 503 })
    const refusal = await send(() => Promise.reject(notFound('no')))
    assert.deepEqual(withoutDuration(refusal), { kind: 'refused', reason: 'status 404', status: 404 })
    const fault = await send(() => Promise.reject(new Error('secret-key')))
    assert.deepEqual(withoutDuration(fault), { kind: 'retry', reason: 'status 500', status: 500 })
  })

  test('has the same deadline', async () => {
    assert.deepEqual(withoutDuration(await send(() => new Promise(() => {}), 10)), failed('timeout'))
  })

  test('is looked up for each URL', async () => {
    await using server = await httpServer(respondWith(200, '{"rejected":["secret-key"]}'))
    await using agent = agentFor()
    const result = await makePokeSender({ agent, inProcess: () => undefined })(server.url, poke)
    assert.deepEqual(withoutDuration(result), rejected())
  })
})
