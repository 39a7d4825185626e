import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { suite, test, type TestContext } from 'node:test'

import type { Provider, ProviderResult } from '../../../src/gateway/provider.ts'
import { afterTest } from '../../support/after-test.ts'
import { eventually } from '../../support/eventually.ts'
import { messageOf } from '../message.ts'
import { messagesFor, startApnsFixture } from './fixture.ts'

const MINUTE = 60_000
const never = new AbortController().signal

const sendAll = (provider: Provider, count: number): Promise<ProviderResult[]> =>
  Promise.all(messagesFor(count).map((message) => provider.send(message, never)))

const outcomes = (results: readonly ProviderResult[]) => [...new Set(results.map((result) => result.kind))]

suite('APNs streams', () => {
  test('uses one stream until the first push is accepted, then as many as APNs allows, over one connection', async (t) => {
    const { fake, provider } = await startApnsFixture(t)
    fake.script('*', 'hang')
    const first = new AbortController()
    const held = provider.send(messageOf(), first.signal)
    await eventually(() => fake.seen.length === 1)
    const others = sendAll(provider, 50)
    await provider.check()
    assert.equal(fake.mostStreams(), 1)
    first.abort()
    assert.deepEqual(await held, { kind: 'retry', reason: 'stopped' })
    assert.deepEqual(outcomes(await others), ['delivered'])
    assert.equal(fake.connections(), 1)
    assert.ok(fake.mostStreams() > 1)
  })

  test('sends other pushes over a second connection when the first push hangs for 5 s', async (t) => {
    const { fake, clock, send } = await startApnsFixture(t)
    fake.script('*', 'hang')
    const held = send()
    await eventually(() => fake.seen.length === 1)
    const other = send()
    clock.advance(5000)
    assert.equal((await other).kind, 'delivered')
    assert.equal(fake.connections(), 2)
    clock.advance(25_000)
    assert.deepEqual(await held, { kind: 'retry', reason: 'timeout' })
  })

  test('sends the other pushes when the first push is refused', async (t) => {
    const { fake, provider } = await startApnsFixture(t, { fake: { maxStreams: { first: 1, later: 100 } } })
    fake.script('*', { status: 400, reason: 'BadDeviceToken' })
    const results = await sendAll(provider, 20)
    assert.equal(results.filter(({ kind }) => kind === 'delivered').length, 19)
  })

  test('never exceeds the stream limit of APNs, and opens further connections up to max_connections', async (t) => {
    const maxStreams = { first: 2, later: 2 }
    const { fake, provider } = await startApnsFixture(t, {
      fake: { maxStreams },
      options: { max_connections: 3 },
    })
    assert.equal((await provider.send(messageOf(), never)).kind, 'delivered')
    fake.script('*', 'hang', 'hang', 'hang')
    const held = new AbortController()
    const sent = messagesFor(10).map((message) => provider.send(message, held.signal))
    // Each connection but the first begins with one stream, and the push on it hangs.
    await eventually(() => fake.connections() === 2 && fake.seen.length === 4)
    held.abort()
    await Promise.all(sent)
    assert.equal(fake.mostStreams(), 2)
    const results = await sendAll(provider, 100)
    assert.deepEqual(outcomes(results), ['delivered'])
    assert.ok(fake.connections() <= 3)
    assert.equal(fake.mostStreams(), 2)
  })

  test('delivers all pushes when APNs lowers the stream limit below the number of open streams', async (t) => {
    const { fake, provider } = await startApnsFixture(t, { fake: { maxStreams: { first: 10, later: 3 } } })
    assert.deepEqual(outcomes(await sendAll(provider, 200)), ['delivered'])
    assert.equal(fake.accepted(), 200)
  })
})

suite('APNs GOAWAY', () => {
  test('in a burst of 1,000 pushes loses none and repeats none that was accepted', async (t) => {
    const { fake, provider } = await startApnsFixture(t)
    assert.equal((await provider.send(messageOf(), never)).kind, 'delivered')
    const messages = messagesFor(1000)
    const deviceAt = (index: number) => (0xa0000000 + index).toString(16)
    fake.script(deviceAt(200), 'goaway')
    fake.script(deviceAt(500), 'goaway')
    const results = await Promise.all(messages.map((message) => provider.send(message, never)))
    assert.deepEqual(outcomes(results), ['delivered'])
    const accepted = fake.seen.slice(1).map(({ device }) => device)
    assert.equal(accepted.length, 1000)
    assert.equal(new Set(accepted).size, 1000)
    assert.equal(fake.connections(), 3)
  })

  test('on every push: each push is delivered, over a separate connection', async (t) => {
    const { fake, provider } = await startApnsFixture(t)
    fake.script('*', ...Array.from({ length: 8 }, () => 'goaway' as const))
    assert.deepEqual(outcomes(await sendAll(provider, 8)), ['delivered'])
    assert.equal(fake.accepted(), 8)
    assert.equal(fake.connections(), 8)
  })

  test('with an error: unprocessed pushes are sent again at once, and none is accepted twice', async (t) => {
    const { fake, provider } = await startApnsFixture(t)
    assert.equal((await provider.send(messageOf(), never)).kind, 'delivered')
    fake.script((0xa0000000 + 50).toString(16), 'goaway with an error')
    const results = await sendAll(provider, 200)
    const accepted = fake.seen.slice(1).map(({ device }) => device)
    assert.equal(new Set(accepted).size, accepted.length)
    // APNs may have accepted a push without a response; all others are delivered.
    const lost = results.filter(({ kind }) => kind !== 'delivered')
    assert.ok(lost.length <= 51 && lost.every(({ kind }) => kind === 'retry'))
    assert.equal(accepted.length, 200)
  })

  test('REFUSED_STREAM: the push is sent again at once, a limited number of times', async (t) => {
    const { fake, send } = await startApnsFixture(t)
    fake.script('*', 'refuse', 'refuse')
    assert.equal((await send()).kind, 'delivered')
    fake.script('*', ...Array.from({ length: 20 }, () => 'refuse' as const))
    assert.deepEqual(await send(), { kind: 'retry', reason: 'stream refused' })
  })
})

suite('APNs connection failures', () => {
  test('a reset stream is a retry, because APNs may have accepted the push', async (t) => {
    const { fake, send } = await startApnsFixture(t)
    fake.script('*', 'reset')
    assert.deepEqual(await send(), { kind: 'retry', reason: 'connection reset' })
    assert.equal(fake.seen.length, 1)
    assert.equal((await send()).kind, 'delivered')
  })

  test('a lost connection is replaced for the next push', async (t) => {
    const { fake, send } = await startApnsFixture(t)
    assert.equal((await send()).kind, 'delivered')
    fake.script('*', 'hang')
    const lost = send()
    await eventually(() => fake.seen.length === 2)
    fake.cut()
    assert.equal((await lost).kind, 'retry')
    assert.equal((await send()).kind, 'delivered')
    assert.equal(fake.connections(), 2)
  })

  test('a refused connection is a retry', async (t) => {
    const { fake, send, open } = await startApnsFixture(t)
    const port = await unusedPort()
    const provider = await open({ base_url: `https://127.0.0.1:${port}` })
    const results = await sendAll(provider, 20)
    assert.deepEqual([...new Set(results.map(({ reason }) => reason))], ['connection refused'])
    assert.deepEqual(outcomes(results), ['retry'])
    assert.equal((await send()).kind, 'delivered')
    assert.equal(fake.accepted(), 1)
  })

  test('an untrusted server certificate is a retry', async (t) => {
    const { open } = await startApnsFixture(t)
    const provider = await open({ ca_file: undefined })
    assert.deepEqual(await provider.send(messageOf(), never), { kind: 'retry', reason: 'tls' })
  })

  test('a server without HTTP/2 is a retry', async (t) => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    afterTest(t, () => server.close())
    const { open } = await startApnsFixture(t)
    const provider = await open({ base_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
    assert.equal((await provider.send(messageOf(), never)).kind, 'retry')
  })
})

suite('APNs timeouts', () => {
  test('a push without a response times out after 30 s, and the connection stays open', async (t) => {
    const { fake, clock, send } = await startApnsFixture(t)
    assert.equal((await send()).kind, 'delivered')
    fake.script('*', 'hang')
    const lost = send()
    await eventually(() => fake.seen.length === 2)
    clock.advance(30_000)
    assert.deepEqual(await lost, { kind: 'retry', reason: 'timeout' })
    assert.equal((await send()).kind, 'delivered')
    assert.equal(fake.connections(), 1)
  })

  test('a ping detects a dead connection, and the next push opens a new one', async (t) => {
    const relay = await startRelay(t)
    const { fake, clock, open } = await startApnsFixture(t)
    relay.target = Number(new URL(fake.url).port)
    const provider = await open({ base_url: `https://localhost:${relay.port}` })
    assert.equal((await provider.send(messageOf(), never)).kind, 'delivered')
    relay.stall()
    const lost = provider.send(messageOf(), never)
    // 10 s without data, a ping, then 10 s without a response to the ping.
    clock.advance(11_000)
    await eventually(() => relay.swallowed() > 0)
    for (let second = 0; second < 12; second++) {
      clock.advance(1000)
      await new Promise(setImmediate)
    }
    assert.deepEqual(await lost, { kind: 'retry', reason: 'timeout' })
    assert.equal((await provider.send(messageOf(), never)).kind, 'delivered')
    assert.equal(fake.connections(), 2)
  })

  test('an idle connection that responds to pings stays open for hours', async (t) => {
    const { fake, clock, send } = await startApnsFixture(t)
    await send()
    for (let hour = 1; hour <= 3; hour++) {
      clock.advance(60 * MINUTE)
      await eventually(() => fake.pings() === hour)
      // The response to this push follows the response to the ping on the same connection.
      assert.equal((await send()).kind, 'delivered')
    }
    assert.equal(fake.connections(), 1)
  })

  test('a connection attempt times out after 10 s', async (t) => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => sockets.add(socket))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    afterTest(t, () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const { clock, open } = await startApnsFixture(t)
    const provider = await open({ base_url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` })
    const sent = provider.send(messageOf(), never)
    await eventually(() => sockets.size === 1)
    clock.advance(10_000)
    assert.deepEqual(await sent, { kind: 'retry', reason: 'timeout' })
  })
})

suite('closing the APNs provider', () => {
  test('aborts pushes in progress, and sends no more', async (t) => {
    const { fake, provider, send } = await startApnsFixture(t)
    fake.script('*', 'hang')
    const sent = sendAll(provider, 10)
    await eventually(() => fake.seen.length === 1)
    await provider[Symbol.asyncDispose]()
    assert.deepEqual([...new Set((await sent).map(({ reason }) => reason))], ['stopped'])
    assert.deepEqual(await send(), { kind: 'retry', reason: 'stopped' })
  })

  test('an aborted send releases its stream', async (t) => {
    const { fake, send } = await startApnsFixture(t, {
      fake: { maxStreams: { first: 1, later: 1 } },
      options: { max_connections: 1 },
    })
    fake.script('*', 'hang')
    const call = new AbortController()
    const sent = send({}, call.signal)
    await eventually(() => fake.seen.length === 1)
    const next = send()
    call.abort()
    assert.deepEqual(await sent, { kind: 'retry', reason: 'stopped' })
    assert.equal((await next).kind, 'delivered')
  })
})

async function unusedPort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A TCP relay. `stall` discards all further data of the open connections. */
async function startRelay(t: TestContext) {
  const pairs = new Set<{ client: Socket; server: Socket }>()
  let swallowed = 0
  const relay = { port: 0, target: 0, stall, swallowed: () => swallowed }
  const listener = createServer((client) => {
    const server = connect(relay.target, '127.0.0.1')
    pairs.add({ client, server })
    for (const socket of [client, server]) socket.on('error', () => {})
    client.pipe(server).pipe(client)
  })
  function stall(): void {
    for (const { client, server } of pairs) {
      client.unpipe(server)
      server.unpipe(client)
      client.on('data', (chunk) => (swallowed += chunk.length)).resume()
    }
  }
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  relay.port = (listener.address() as AddressInfo).port
  afterTest(t, () => {
    for (const { client, server } of pairs) {
      client.destroy()
      server.destroy()
    }
    listener.close()
  })
  return relay
}
