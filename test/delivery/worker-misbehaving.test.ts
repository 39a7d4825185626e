import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { makePokeSender } from '../../src/delivery/send-poke.ts'
import { afterTest } from '../support/after-test.ts'
import { openTestSqlite } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { CERTIFICATE } from './certificate.ts'
import { agentFor, httpServer, httpsServer, type LoopbackServer, PATH, tcpServer } from './servers.ts'
import { alice, untilIdle, bob, createDeliveryFixture } from './delivery-fixture.ts'

// Delivery to gateways that misbehave at the first poke and work from the second poke on. A poke that was not
// accepted is sent again, in order, and the status of the pusher has the reason as a fixed word. An accepted
// poke is not sent again.

/** Starts a gateway. It misbehaves until `works()` returns true. */
type Behaviour = (works: () => boolean) => Promise<LoopbackServer>

const ACCEPTED = '{"rejected":[]}'
/** The deadline of the first poke in the tests of timeouts. All other pokes have the default, 30 s. */
const DEADLINE_MS = 300

const http =
  (misbehave: RequestListener): Behaviour =>
  (works) =>
    httpServer((request, response) => {
      if (works()) response.end(ACCEPTED)
      else misbehave(request, response)
    })

/**
 * A gateway without an HTTP server: `misbehave` writes bytes for the first request. The others get a valid
 * response.
 */
const tcp =
  (misbehave: (socket: Socket) => void): Behaviour =>
  (works) =>
    tcpServer((socket) => {
      socket.on('data', (bytes) => {
        if (!bytes.includes('POST ')) return
        if (!works()) return misbehave(socket)
        socket.write(
          `HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${ACCEPTED.length}\r\n\r\n${ACCEPTED}`,
        )
      })
    })

const GIB = 2 ** 30
/** Writes spaces without an end, as fast as the connection allows. */
const writeEndlessly = (write: (chunk: Buffer) => boolean, onDrain: (resume: () => void) => void) => {
  const chunk = Buffer.alloc(65_536, ' ')
  const writeMore = () => {
    while (write(chunk));
    onDrain(writeMore)
  }
  writeMore()
}

const FAILURES: Record<string, { behaviour: Behaviour; error: string }> = {
  'never responds': { behaviour: http(() => undefined), error: 'timeout' },
  'sends its headers byte by byte': {
    behaviour: tcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const trickle = setInterval(() => socket.write('x: y\r\n'), 20)
      socket.on('close', () => clearInterval(trickle))
    }),
    error: 'timeout',
  },
  'sends a body byte by byte without an end': {
    behaviour: http((_request, response) => {
      const trickle = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(trickle))
    }),
    error: 'timeout',
  },
  'resets the connection in the middle of its response': {
    behaviour: tcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"rej', () => socket.resetAndDestroy())
    }),
    error: 'connection reset',
  },
  'closes the connection in the middle of its response': {
    behaviour: tcp((socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"rej')),
    error: 'connection closed',
  },
  'does not speak HTTP': {
    behaviour: tcp((socket) => void socket.end('220 mail.example.org ESMTP\r\n')),
    error: 'bad response',
  },
  redirects: {
    behaviour: http((request, response) => void response.writeHead(307, { location: request.url }).end()),
    error: 'redirect',
  },
  'returns 500': {
    behaviour: http((_request, response) => void response.writeHead(500).end('<html>oops</html>')),
    error: 'status 500',
  },
}

const ACCEPTING: Record<string, Behaviour> = {
  'with a page of HTML': http((_request, response) => void response.end('<html>fine</html>')),
  'with null': http((_request, response) => void response.end('null')),
  'without a body': http((_request, response) => void response.writeHead(204).end()),
  'with invalid values in the list': http(
    (_request, response) => void response.end('{"rejected":[1,null,{}]}'),
  ),
  'with a body of 1 GiB': http((_request, response) => {
    response.writeHead(200, { 'content-length': GIB })
    writeEndlessly(
      (chunk) => !response.destroyed && response.write(chunk),
      (resume) => response.once('drain', resume),
    )
  }),
  'with a body that never ends': http((_request, response) => {
    response.writeHead(200)
    writeEndlessly(
      (chunk) => !response.destroyed && response.write(chunk),
      (resume) => response.once('drain', resume),
    )
  }),
}

/**
 * Starts delivery to bob, whose gateway misbehaves at the first poke only.
 *
 * @param hasShortDeadline whether the first poke has a short deadline
 */
async function startDelivery(t: TestContext, behaviour: Behaviour, hasShortDeadline = false) {
  const delivery = await createDeliveryFixture(t, await openTestSqlite(t))
  const agent = agentFor({ ca: [CERTIFICATE] })
  afterTest(t, () => agent[Symbol.asyncDispose]())
  const send = makePokeSender({ agent, clock: delivery.clock })
  const sendWithShortDeadline = makePokeSender({ agent, clock: delivery.clock, deadlineMs: DEADLINE_MS })
  const sent: string[] = []
  const server = await behaviour(() => sent.length > 1)
  afterTest(t, () => server[Symbol.asyncDispose]())
  await delivery.setPusher(bob, { data: { url: server.url } })
  const worker = await delivery.start({
    send: (url, poke) => {
      sent.push(String((poke.notification.content as { body?: unknown } | undefined)?.body))
      return (hasShortDeadline && sent.length === 1 ? sendWithShortDeadline : send)(url, poke)
    },
  })
  afterTest(t, () => worker[Symbol.asyncDispose]())
  return { delivery, sent }
}

describe('a gateway with invalid responses', () => {
  for (const [failure, { behaviour, error }] of Object.entries(FAILURES))
    test(`that ${failure}: reports "${error}" and sends the poke again before the next`, async (t) => {
      const { delivery, sent } = await startDelivery(t, behaviour, error === 'timeout')
      await delivery.say(alice, 'one')
      await eventually(async () => (await delivery.pusherRows())[0]?.attempts === 1)
      const [failing] = await delivery.pusherRows()
      assert.deepEqual([failing?.last_error, failing?.failing_since], [error, delivery.clock.now()])
      await delivery.say(alice, 'two')
      delivery.clock.advance(1000)
      await untilIdle(delivery)
      assert.deepEqual(sent, ['one', 'one', 'two'])
      const [recovered] = await delivery.pusherRows()
      assert.deepEqual([recovered?.failing_since, recovered?.attempts], [null, 0])
    })

  for (const [response, behaviour] of Object.entries(ACCEPTING))
    test(`that returns 2xx ${response}: sends the poke once and keeps the pusher`, async (t) => {
      const { delivery, sent } = await startDelivery(t, behaviour)
      await delivery.say(alice, 'one')
      await eventually(async () => (await delivery.pusherRows())[0]?.last_success_at !== null)
      await delivery.say(alice, 'two')
      await untilIdle(delivery)
      assert.deepEqual(sent, ['one', 'two'])
      assert.deepEqual(
        (await delivery.pusherRows()).map((row) => [row.last_error, row.attempts]),
        [[null, 0]],
      )
    })

  test('with a body of 1 GiB: reads 64 KiB of it', async () => {
    let bytesWritten = 0
    await using server = await httpServer((request, response) => {
      response.writeHead(200, { 'content-length': GIB })
      writeEndlessly(
        (chunk) => !response.destroyed && response.write(chunk),
        (resume) => response.once('drain', resume),
      )
      request.socket.on('close', () => (bytesWritten = request.socket.bytesWritten))
    })
    await using agent = agentFor()
    const poke = { notification: { devices: [{ app_id: 'a', pushkey: 'k', pushkey_ts: 1, data: {} }] } }
    const result = await makePokeSender({ agent })(server.url, poke as never)
    assert.equal(result.kind, 'delivered')
    await eventually(() => bytesWritten > 0)
    assert.ok(
      bytesWritten < 32 * 2 ** 20,
      `the gateway wrote ${bytesWritten} bytes, including the bytes in the buffers of the two kernels`,
    )
  })

  test('with a wrong certificate or an unknown name: reports a fixed word and retries', async (t) => {
    const delivery = await createDeliveryFixture(t, await openTestSqlite(t))
    await using server = await httpsServer((_request, response) => void response.end(ACCEPTED))
    let resolves = false
    const lookup = async (host: string) => (host === 'other.test' || resolves ? ['127.0.0.1'] : [])
    const agent = agentFor({ ca: [CERTIFICATE], lookup })
    afterTest(t, () => agent[Symbol.asyncDispose]())
    const send = makePokeSender({ agent, clock: delivery.clock })
    const urlOf = (host: string) => `https://${host}:${server.port}${PATH}`
    await using _worker = await delivery.start({ send })
    const faultOf = async (host: string) => {
      await delivery.setPusher(bob, { data: { url: urlOf(host) } })
      await delivery.say(alice, host)
      await eventually(async () => (await delivery.pusherRows())[0]?.attempts === 1)
      return (await delivery.pusherRows())[0]?.last_error
    }
    assert.equal(await faultOf('other.test'), 'tls')
    assert.equal(await faultOf('gateway.test'), 'dns')
    resolves = true
    delivery.clock.advance(1000)
    await untilIdle(delivery)
    assert.equal((await delivery.pusherRows())[0]?.failing_since, null)
    assert.equal(await delivery.queued(), 0)
  })
})
