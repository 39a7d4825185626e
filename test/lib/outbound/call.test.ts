import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import type { RequestListener } from 'node:http'
import { Readable } from 'node:stream'
import { suite, test } from 'node:test'

import { type CallResponse, type Call, postOnce, type StartTimer } from '../../../src/lib/outbound/call.ts'
import { createDeadlines } from '../../../src/lib/deadlines.ts'
import { makeGuardedAgent } from '../../../src/lib/outbound/guarded-agent.ts'
import { httpServer, tcpServer } from '../../delivery/servers.ts'
import { afterHead } from '../../support/agent-post.ts'
import { createManualClock } from '../../support/manual-clock.ts'

const loopbackAgent = () => makeGuardedAgent({ ruleFor: () => ({ name: 'any', allows: () => true }) })

const clock = createManualClock()
const JSON_ALWAYS = { success: 'json', other: 'json' } as const
const TEXT_ALWAYS = { success: 'text', other: 'text' } as const
const NO_BODY = { success: 'none', other: 'none' } as const

const callWith = (more: Partial<Call> = {}): Call => ({
  headers: { 'content-type': 'text/plain' },
  body: 'question',
  deadlineMs: 30_000,
  maxBodyBytes: 1024,
  readBody: JSON_ALWAYS,
  clock,
  ...more,
})

async function post(url: string, more: Partial<Call> = {}) {
  await using agent = loopbackAgent()
  return await postOnce(agent, new URL(url), callWith(more))
}

async function callTo(listener: RequestListener, more: Partial<Call> = {}): Promise<CallResponse> {
  await using server = await httpServer(listener)
  const result = await post(server.url, more)
  assert.ok(result.kind === 'response', JSON.stringify(result))
  return result
}

const responding =
  (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body)

/** Writes the head and a part of the body, and never ends. */
const unfinished =
  (status: number): RequestListener =>
  (_request, response) =>
    void response.writeHead(status).write('{"piece":')

/** A deadline that expires when `pass` is called. It reports whether it still runs. */
function manualTimer() {
  let expire: (() => void) | undefined
  return {
    startTimer: (_ms: number, then: () => void) => {
      expire = then
      return () => (expire = undefined)
    },
    pass: () => expire?.(),
    isRunning: () => expire !== undefined,
  }
}

suite('the request', () => {
  test('is one POST with the path, the query, the headers and the body', async () => {
    let seen: unknown
    await using server = await httpServer((request, response) => {
      const { method, url, headers } = request
      request.setEncoding('utf8').on('data', (body: string) => {
        seen = { method, url, type: headers['content-type'], body }
        response.end()
      })
    })
    await post(`${server.url}?a=b`)
    const url = `${new URL(server.url).pathname}?a=b`
    assert.deepEqual(seen, { method: 'POST', url, type: 'text/plain', body: 'question' })
  })

  test('does not follow a redirect', async () => {
    let requests = 0
    const { status, headers } = await callTo((_request, response) => {
      requests++
      response.writeHead(307, { location: '/elsewhere' }).end()
    })
    assert.deepEqual([status, headers['location'], requests], [307, '/elsewhere', 1])
  })
})

suite('the body of a response', () => {
  const cut = 'x'.repeat(1025)
  const rows: [title: string, readBody: Call['readBody'], sent: string, body: unknown][] = [
    ['JSON', JSON_ALWAYS, '{"a":1}', { a: 1 }],
    ['a body that is not JSON', JSON_ALWAYS, '<html>', undefined],
    ['JSON of exactly the limit', JSON_ALWAYS, `"${cut.slice(3)}"`, cut.slice(3)],
    ['JSON above the limit', JSON_ALWAYS, `"${cut}"`, undefined],
    ['text', TEXT_ALWAYS, 'no such key', 'no such key'],
    ['text above the limit', TEXT_ALWAYS, cut, ''],
    ['an unneeded body', NO_BODY, '{"a":1}', undefined],
  ]
  for (const [title, readBody, sent, body] of rows)
    test(title, async () => {
      assert.deepEqual((await callTo(responding(200, sent), { readBody })).body, body)
    })

  test('is read depending on the status', async () => {
    const readBody = { success: 'json', other: 'text' } as const
    for (const status of [200, 204, 299])
      assert.notEqual(typeof (await callTo(responding(status, '{}'), { readBody })).body, 'string')
    for (const status of [300, 400, 503])
      assert.equal((await callTo(responding(status, '{}'), { readBody })).body, '{}')
  })

  for (const readBody of [JSON_ALWAYS, TEXT_ALWAYS, NO_BODY])
    test(`is cut off when it is endless: ${readBody.success}`, async () => {
      const endless = () => {
        const body = new Readable({ read: () => setImmediate(() => body.push('x'.repeat(512))) })
        return body
      }
      const { status } = await callTo(
        (_request, response) => {
          const body = endless()
          body.pipe(response).on('close', () => body.destroy())
        },
        { readBody },
      )
      assert.equal(status, 200)
    })

  test('is a fault when it is incomplete and needed, and is ignored when the status decides', async () => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"a":'))
    })
    assert.deepEqual(await post(server.url), { kind: 'fault', fault: 'connection closed' })
    for (const readBody of [TEXT_ALWAYS, NO_BODY]) {
      const result = await post(server.url, { readBody })
      assert.ok(result.kind === 'response' && !result.body)
    }
  })
})

suite('Retry-After', () => {
  const waitFor = async (value: string | undefined, status = 503) =>
    (await callTo(responding(status, '', value === undefined ? {} : { 'retry-after': value }))).retryAfterMs

  test('is read in seconds, for any status', async () => {
    for (const status of [200, 429, 503]) assert.equal(await waitFor('90', status), 90_000)
  })

  test('is read as a date, with the given clock', async () => {
    assert.equal(await waitFor(new Date(clock.now() + 60_000).toUTCString()), 60_000)
  })

  test('is undefined when absent or invalid', async () => {
    assert.equal(await waitFor(undefined), undefined)
    assert.equal(await waitFor('soon'), undefined)
  })
})

suite('the deadline', () => {
  const timeout = { kind: 'fault', fault: 'timeout' }

  test('ends the wait for headers', async () => {
    const timer = manualTimer()
    await using server = await httpServer(() => timer.pass())
    assert.deepEqual(await post(server.url, { startTimer: timer.startTimer }), timeout)
  })

  test('ends the wait for a body that is needed', async () => {
    const timer = manualTimer()
    await using server = await httpServer(unfinished(200))
    await using agent = loopbackAgent()
    const call = callWith({ startTimer: timer.startTimer })
    assert.deepEqual(await postOnce(afterHead(agent, timer.pass), new URL(server.url), call), timeout)
  })

  for (const readBody of [TEXT_ALWAYS, NO_BODY])
    test(`keeps the status when the body is not needed: ${readBody.other}`, async () => {
      const timer = manualTimer()
      await using server = await httpServer(unfinished(410))
      await using agent = loopbackAgent()
      const call = callWith({ readBody, startTimer: timer.startTimer })
      const result = await postOnce(afterHead(agent, timer.pass), new URL(server.url), call)
      assert.ok(result.kind === 'response' && result.status === 410 && !result.body)
    })

  test('is measured in milliseconds with a timer of the process', async () => {
    await using server = await httpServer(() => {})
    assert.deepEqual(await post(server.url, { deadlineMs: 20 }), timeout)
  })

  test('is measured with the given clock', async () => {
    const own = createManualClock()
    using deadlines = createDeadlines(own, 30_000)
    const startTimer: StartTimer = (_ms, expire) => deadlines.add(expire)
    await using server = await httpServer(() => own.advance(30_000))
    assert.deepEqual(await post(server.url, { startTimer }), timeout)
  })

  test('that ends late, because the process stood still, does not hide a response that arrived meanwhile', async () => {
    const own = createManualClock()
    const timer = manualTimer()
    await using server = await httpServer((_request, response) => {
      own.advance(40_000)
      timer.pass()
      response.end('{}')
    })
    const result = await post(server.url, { clock: own, startTimer: timer.startTimer })
    assert.equal(result.kind, 'response')
    assert.equal(timer.isRunning(), false)
  })

  test('that ends late is a timeout if no response has arrived', async () => {
    const own = createManualClock()
    const timer = manualTimer()
    await using server = await httpServer(() => {
      own.advance(40_000)
      timer.pass()
      timer.pass()
    })
    assert.deepEqual(await post(server.url, { clock: own, startTimer: timer.startTimer }), timeout)
  })

  test('ends with the exchange', async () => {
    const timer = manualTimer()
    const { startTimer } = timer
    await callTo(responding(200, '{}'), { startTimer })
    assert.equal(timer.isRunning(), false)
    await using server = await httpServer((request) => void request.socket.destroy())
    await post(server.url, { startTimer })
    assert.equal(timer.isRunning(), false)
  })
})

suite('without a response', () => {
  const stopped = { kind: 'fault', fault: 'stopped' }

  test('an aborted signal ends the exchange', async () => {
    const stop = new AbortController()
    await using server = await httpServer(() => stop.abort())
    assert.deepEqual(await post(server.url, { signal: stop.signal }), stopped)
  })

  test('an aborted signal also ends the body', async () => {
    const stop = new AbortController()
    await using server = await httpServer(unfinished(200))
    await using agent = loopbackAgent()
    const call = callWith({ signal: stop.signal })
    const result = await postOnce(
      afterHead(agent, () => stop.abort()),
      new URL(server.url),
      call,
    )
    assert.deepEqual(result, stopped)
  })

  test('nothing is sent when the signal has already aborted', async () => {
    let requests = 0
    await using server = await httpServer(() => void requests++)
    assert.deepEqual(await post(server.url, { signal: AbortSignal.abort() }), stopped)
    assert.equal(requests, 0)
  })

  test('a signal that outlives the exchange keeps no listener', async () => {
    const { signal } = new AbortController()
    await callTo(responding(200, '{}'), { signal })
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })

  test('a disposed agent ends the exchange with a fault', async () => {
    const agent = loopbackAgent()
    await agent[Symbol.asyncDispose]()
    assert.deepEqual(await postOnce(agent, new URL('http://127.0.0.1/'), callWith()), stopped)
  })

  test('a refused connection is a fault', async () => {
    const server = await httpServer(() => {})
    await server[Symbol.asyncDispose]()
    assert.deepEqual(await post(server.url), { kind: 'fault', fault: 'connection refused' })
  })

  test('a response that is not HTTP is a fault', async () => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => socket.end('220 mail.example.org ESMTP\r\n'))
    })
    assert.deepEqual(await post(server.url), { kind: 'fault', fault: 'bad response' })
  })
})
