import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { makePokeSender } from '../../src/delivery/send-poke.ts'
import { afterTest } from '../support/after-test.ts'
import { openTestSqlite } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { CERTIFICATE } from './certificate.ts'
import { agentFor, httpServer, httpsServer, type Listening, PATH, tcpServer } from './servers.ts'
import { alice, untilIdle, bob, createDeliveryFixture } from './delivery-fixture.ts'

// Gateways that misbehave on the first poke and are well from the second on, with the whole of delivery before them: what was
// not taken is sent again, in order, and the pusher's status has the reason in words; what was taken is not.

/** How the server meets a poke; `calm`: from now on it is well. */
type Behaviour = (calm: () => boolean) => Promise<Listening>

const WELL = '{"rejected":[]}'
/** Of the first poke; the others have what they have for real, 30 s. */
const DEADLINE_MS = 300

const http =
  (badly: RequestListener): Behaviour =>
  (calm) =>
    httpServer((request, response) => {
      if (calm()) response.end(WELL)
      else badly(request, response)
    })

/** Below HTTP: bytes of its own choosing for the first request, a whole answer for the others. */
const tcp =
  (badly: (socket: Socket) => void): Behaviour =>
  (calm) =>
    tcpServer((socket) => {
      socket.on('data', (bytes) => {
        if (!bytes.includes('POST ')) return
        if (!calm()) return badly(socket)
        socket.write(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${WELL.length}\r\n\r\n${WELL}`)
      })
    })

const GIB = 2 ** 30
/** As much as it gets rid of. */
const pour = (write: (chunk: Buffer) => boolean, onDrain: (then: () => void) => void) => {
  const chunk = Buffer.alloc(65_536, ' ')
  const more = () => {
    while (write(chunk));
    onDrain(more)
  }
  more()
}

const FAILS: Record<string, { behaves: Behaviour; error: string }> = {
  'never answers': { behaves: http(() => undefined), error: 'timeout' },
  'sends its headers byte by byte': {
    behaves: tcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const trickle = setInterval(() => socket.write('x: y\r\n'), 20)
      socket.on('close', () => clearInterval(trickle))
    }),
    error: 'timeout',
  },
  'sends its body byte by byte, for ever': {
    behaves: http((_request, response) => {
      const trickle = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(trickle))
    }),
    error: 'timeout',
  },
  'resets the connection in the middle of its answer': {
    behaves: tcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"rej', () => socket.resetAndDestroy())
    }),
    error: 'connection reset',
  },
  'closes the connection in the middle of its answer': {
    behaves: tcp((socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"rej')),
    error: 'connection closed',
  },
  'does not speak HTTP': {
    behaves: tcp((socket) => void socket.end('220 mail.example.org ESMTP\r\n')),
    error: 'bad response',
  },
  'sends elsewhere': {
    behaves: http((request, response) => void response.writeHead(307, { location: request.url }).end()),
    error: 'redirect',
  },
  'has an error of its own': {
    behaves: http((_request, response) => void response.writeHead(500).end('<html>oops</html>')),
    error: 'status 500',
  },
}

const TAKES: Record<string, Behaviour> = {
  'with a page of HTML': http((_request, response) => void response.end('<html>fine</html>')),
  'with null': http((_request, response) => void response.end('null')),
  'with nothing': http((_request, response) => void response.writeHead(204).end()),
  'with a list of nonsense': http((_request, response) => void response.end('{"rejected":[1,null,{}]}')),
  'with a body of 1 GiB': http((_request, response) => {
    response.writeHead(200, { 'content-length': GIB })
    pour(
      (chunk) => !response.destroyed && response.write(chunk),
      (then) => response.once('drain', then),
    )
  }),
  'with a body that never ends': http((_request, response) => {
    response.writeHead(200)
    pour(
      (chunk) => !response.destroyed && response.write(chunk),
      (then) => response.once('drain', then),
    )
  }),
}

/** Two messages for bob, whose gateway misbehaves on the first poke only. */
async function meet(t: TestContext, behaves: Behaviour, isHasty = false) {
  const delivery = await createDeliveryFixture(t, await openTestSqlite(t))
  const agent = agentFor({ ca: [CERTIFICATE] })
  afterTest(t, () => agent[Symbol.asyncDispose]())
  const send = makePokeSender({ agent, clock: delivery.clock })
  const sendHastily = makePokeSender({ agent, clock: delivery.clock, deadlineMs: DEADLINE_MS })
  const sent: string[] = []
  const server = await behaves(() => sent.length > 1)
  afterTest(t, () => server[Symbol.asyncDispose]())
  await delivery.setPusher(bob, { data: { url: server.url } })
  const worker = await delivery.start({
    send: (url, poke) => {
      sent.push(String((poke.notification.content as { body?: unknown } | undefined)?.body))
      return (isHasty && sent.length === 1 ? sendHastily : send)(url, poke)
    },
  })
  afterTest(t, () => worker[Symbol.asyncDispose]())
  return { delivery, sent }
}

describe('a gateway with invalid responses', () => {
  for (const [what, { behaves, error }] of Object.entries(FAILS))
    test(`that ${what}: reports "${error}" and sends the poke again before the next`, async (t) => {
      const { delivery, sent } = await meet(t, behaves, error === 'timeout')
      await delivery.say(alice, 'one')
      await eventually(async () => (await delivery.pusherRows())[0]?.attempts === 1)
      const [failing] = await delivery.pusherRows()
      assert.deepEqual([failing?.last_error, failing?.failing_since], [error, delivery.clock.now()])
      await delivery.say(alice, 'two')
      delivery.clock.advance(1000)
      await untilIdle(delivery)
      assert.deepEqual(sent, ['one', 'one', 'two'])
      const [well] = await delivery.pusherRows()
      assert.deepEqual([well?.failing_since, well?.attempts], [null, 0])
    })

  for (const [what, behaves] of Object.entries(TAKES))
    test(`that returns 2xx ${what}: sends the poke once and keeps the pusher`, async (t) => {
      const { delivery, sent } = await meet(t, behaves)
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
    let left = 0
    await using server = await httpServer((request, response) => {
      response.writeHead(200, { 'content-length': GIB })
      pour(
        (chunk) => !response.destroyed && response.write(chunk),
        (then) => response.once('drain', then),
      )
      request.socket.on('close', () => (left = request.socket.bytesWritten))
    })
    await using agent = agentFor()
    const poke = { notification: { devices: [{ app_id: 'a', pushkey: 'k', pushkey_ts: 1, data: {} }] } }
    const result = await makePokeSender({ agent })(server.url, poke as never)
    assert.equal(result.kind, 'delivered')
    await eventually(() => left > 0)
    assert.ok(left < 32 * 2 ** 20, `${left} bytes left the gateway, what the two kernels buffer among them`)
  })

  test('with a wrong certificate or an unknown name: reports a fixed word and retries', async (t) => {
    const delivery = await createDeliveryFixture(t, await openTestSqlite(t))
    await using server = await httpsServer((_request, response) => void response.end(WELL))
    let isKnown = false
    const lookup = async (host: string) => (host === 'other.test' || isKnown ? ['127.0.0.1'] : [])
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
    isKnown = true
    delivery.clock.advance(1000)
    await untilIdle(delivery)
    assert.equal((await delivery.pusherRows())[0]?.failing_since, null)
    assert.equal(await delivery.queued(), 0)
  })
})
