import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { content } from '../../src/http/content.ts'
import { loadConfig } from '../../src/config/load.ts'
import { Deferred } from '../../src/lib/deferred.ts'
import { defineRoute } from '../../src/http/route.ts'
import { eventually } from '../support/eventually.ts'
import { bearer, echo, startServer } from './server-fixture.ts'

type Fixture = ReturnType<typeof startServer>

const MIB = 1_048_576
/** Larger than the buffers of both ends of a connection. */
const LARGE = { chunk: Array.from({ length: 400 }, (_, at) => ({ at, body: 'x'.repeat(MIB / 16) })) }

const large = defineRoute({
  method: 'GET',
  path: '/large',
  auth: 'optional',
  limit: 'default',
  handler: () => LARGE,
})
const small = defineRoute({
  method: 'GET',
  path: '/small',
  auth: 'optional',
  limit: 'default',
  handler: () => ({}),
})
const text = defineRoute({
  method: 'GET',
  path: '/text',
  auth: 'none',
  limit: 'default',
  handler: () => content(200, { data: 'x'.repeat(20 * MIB), type: 'text/plain' }),
})
const watched = defineRoute({
  method: 'GET',
  path: '/watched',
  auth: 'none',
  limit: 'none',
  handler: () => ({}),
})

/** Sends a request and does not read its response. */
function askWithoutReading(port: number, path: string, headers = ''): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined).pause()
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n${headers}\r\n`)
  return socket
}

const asAlice = 'authorization: Bearer alice-token\r\n'

async function metric({ metrics }: Fixture, name: string): Promise<number> {
  const found = await metrics.registry.getSingleMetric(name)?.get()
  return found?.values[0]?.value ?? 0
}

const unread = (fixture: Fixture) => metric(fixture, 'belfry_http_unread_answer_bytes')
const dropped = (fixture: Fixture) => metric(fixture, 'belfry_http_unread_answers_dropped_total')

test('a large response is chunked and counts as unread until it has arrived completely', async () => {
  await using fixture = startServer([large])
  const { url } = await fixture.server.listen()
  const response = await fetch(`${url}/large`)
  assert.equal(response.headers.get('transfer-encoding'), 'chunked')
  assert.equal(response.headers.get('content-length'), null)
  assert.ok((await unread(fixture)) > 15 * MIB)
  assert.deepEqual(await response.json(), LARGE)
  await eventually(async () => (await unread(fixture)) === 0)
  const head = await fetch(`${url}/large`, { method: 'HEAD' })
  assert.deepEqual([head.status, await head.text()], [200, ''])
  assert.equal(await unread(fixture), 0)
})

test('a small response is one write with a content-length', async () => {
  await using fixture = startServer([small])
  const { port } = await fixture.server.listen()
  const socket = connect(port, '127.0.0.1')
  socket.setEncoding('utf8').write('GET /small HTTP/1.1\r\nhost: x\r\n\r\n')
  const [received] = (await once(socket, 'data')) as [string]
  assert.match(received, /content-length: 2\r\n.*\r\n\r\n\{\}$/s)
  socket.destroy()
})

test('the connection is closed after the deadline if the client does not read', async () => {
  for (const path of ['/large', '/text']) {
    await using fixture = startServer([large, text], { limits: { read_timeout_ms: 50 } })
    const { port } = await fixture.server.listen()
    const socket = askWithoutReading(port, path)
    await eventually(async () => (await dropped(fixture)) === 1)
    await eventually(async () => (await unread(fixture)) === 0)
    socket.destroy()
  }
})

test('deferred parts of a response are created as the client reads', async () => {
  let made = 0
  const part = () =>
    new Deferred(async () => {
      made++
      return { body: 'x'.repeat(MIB) }
    })
  const parts = defineRoute({
    method: 'GET',
    path: '/parts',
    auth: 'none',
    limit: 'default',
    handler: () => ({ chunk: Array.from({ length: 60 }, part) }),
  })
  await using impatient = startServer([parts], { limits: { read_timeout_ms: 100 } })
  const { port } = await impatient.server.listen()
  const socket = askWithoutReading(port, '/parts')
  await eventually(async () => (await dropped(impatient)) === 1)
  assert.ok(made > 0 && made < 30, `${made} parts were created for a client that does not read`)
  socket.destroy()
  await using fixture = startServer([parts])
  const { url } = await fixture.server.listen()
  made = 0
  const { chunk } = (await (await fetch(`${url}/parts`)).json()) as { chunk: unknown[] }
  assert.deepEqual([chunk.length, made], [60, 60])
})

test('the connection is closed if a later part of a response fails', async () => {
  const broken = defineRoute({
    method: 'GET',
    path: '/broken',
    auth: 'none',
    limit: 'default',
    handler: () => ({ ...LARGE, last: new Deferred(() => Promise.reject(new Error('gone'))) }),
  })
  await using fixture = startServer([broken])
  const { url } = await fixture.server.listen()
  const response = await fetch(`${url}/broken`)
  await assert.rejects(response.json())
  assert.equal(fixture.lines.filter((line) => line.includes('request failed')).length, 1)
})

test('unread responses of a user are limited, and a stalled response is dropped for a new one', async () => {
  await using fixture = startServer([large, small], { limits: { unread_answer_bytes_per_user: 40 * MIB } })
  const { url, port } = await fixture.server.listen()
  const ask = (path: string, headers: Record<string, string> = bearer) => fetch(url + path, { headers })
  const stuck = askWithoutReading(port, '/large', asAlice)
  await eventually(async () => (await unread(fixture)) > 0)
  const refused = await ask('/large')
  assert.equal(refused.status, 429)
  const { errcode, error } = (await refused.json()) as Record<string, string>
  assert.equal(errcode, 'M_LIMIT_EXCEEDED')
  assert.match(error ?? '', /Your user has too many unread responses/)
  // The limit does not apply to small responses or to other users.
  assert.equal((await ask('/small')).status, 200)
  const other = await ask('/large', {})
  assert.equal(other.status, 200)
  await other.body?.cancel()
  fixture.clock.advance(3000)
  const given = await ask('/large')
  assert.equal(given.status, 200)
  assert.deepEqual(await given.json(), LARGE)
  assert.equal(await dropped(fixture), 1)
  stuck.destroy()
})

test('forty connections that never read large responses use no more memory than the limit of their address', async () => {
  const bound = 60 * MIB
  await using fixture = startServer([large], { limits: { unread_answer_bytes_per_address: bound } })
  const { url, port } = await fixture.server.listen()
  const sockets = Array.from({ length: 40 }, () => askWithoutReading(port, '/large'))
  await eventually(async () => (await metric(fixture, 'belfry_http_requests_in_flight')) === 2)
  assert.ok((await unread(fixture)) <= bound)
  assert.equal((await fetch(`${url}/large`)).status, 429)
  for (const socket of sockets) socket.destroy()
  await eventually(async () => (await unread(fixture)) === 0)
  const again = await fetch(`${url}/large`)
  assert.equal(again.status, 200)
  await again.body?.cancel()
})

test('incomplete bodies count for the limits of their address and of the server', async () => {
  await using fixture = startServer([echo], {
    limits: {
      body_bytes: 40_000,
      body_bytes_in_flight: 10_000_000,
      body_bytes_in_flight_per_address: 200_000,
    },
  })
  const { url, port } = await fixture.server.listen()
  const held = () => metric(fixture, 'belfry_http_body_bytes')
  const sockets: Socket[] = []
  const halfBody = () => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(`POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 40000\r\n\r\n${'x'.repeat(20_000)}`)
    sockets.push(socket)
    return socket
  }
  for (let count = 1; count <= 9; count++) {
    halfBody()
    await eventually(async () => (await held()) >= count * 20_000)
  }
  const [received] = (await once(halfBody().setEncoding('utf8'), 'data')) as [string]
  assert.match(received, /^HTTP\/1\.1 429 .*M_LIMIT_EXCEEDED.*bytes of request bodies of your address/s)
  assert.ok((await held()) <= 200_000)
  for (const socket of sockets) socket.destroy()
  await eventually(async () => (await held()) === 0)
  const response = await fetch(`${url}/echo`, {
    method: 'POST',
    body: JSON.stringify({ a: 'x'.repeat(30_000) }),
  })
  assert.equal(response.status, 200)
  await response.arrayBuffer()
  await eventually(async () => (await held()) === 0)
})

test('a body that arrives byte by byte counts the memory of its chunks', async () => {
  await using fixture = startServer([echo])
  const { port } = await fixture.server.listen()
  const socket = connect(port, '127.0.0.1')
  const chunk = '1\r\nx\r\n'.repeat(1000)
  socket.write(`POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${chunk}`)
  await eventually(async () => (await metric(fixture, 'belfry_http_body_bytes')) > 100_000)
  socket.destroy()
})

/** A route whose requests wait until the test continues them. */
function waitingRoute() {
  const gate = Promise.withResolvers<void>()
  const route = defineRoute({
    method: 'GET',
    path: '/wait',
    auth: 'optional',
    limit: 'sync',
    handler: async () => {
      await gate.promise
      return {}
    },
  })
  return { route, open: () => gate.resolve() }
}

const inFlight = (fixture: Fixture) => metric(fixture, 'belfry_http_requests_in_flight')

test('requests in flight are limited by address and by user, and health checks are not', async () => {
  const { route, open } = waitingRoute()
  await using fixture = startServer([route, small, watched], {
    limits: { requests_in_flight_per_address: 5, requests_in_flight_per_user: 2 },
  })
  const { url } = await fixture.server.listen()
  const ask = (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers })
  const waiting = [ask('/wait', bearer), ask('/wait', bearer)]
  await eventually(async () => (await inFlight(fixture)) === 2)
  const ofUser = await ask('/small', bearer)
  assert.equal(ofUser.status, 429)
  assert.match(await ofUser.text(), /M_LIMIT_EXCEEDED.*requests of your user/)
  waiting.push(ask('/wait'), ask('/wait'), ask('/wait'))
  await eventually(async () => (await inFlight(fixture)) === 5)
  const ofAddress = await ask('/small')
  assert.equal(ofAddress.status, 429)
  assert.match(await ofAddress.text(), /requests of your address/)
  assert.equal((await ask('/nothing')).status, 429)
  assert.equal((await ask('/watched')).status, 200)
  open()
  for (const result of await Promise.all(waiting)) assert.equal(result.status, 200)
  await eventually(async () => (await ask('/small', bearer)).status === 200)
})

test('requests in flight are limited in total', async () => {
  const { route, open } = waitingRoute()
  await using fixture = startServer([route, small], { limits: { requests_in_flight: 1 } })
  const { url } = await fixture.server.listen()
  const waiting = fetch(`${url}/wait`)
  await eventually(async () => (await inFlight(fixture)) === 1)
  const refused = await fetch(`${url}/small`)
  assert.equal(refused.status, 429)
  assert.match(await refused.text(), /on this server/)
  open()
  assert.equal((await waiting).status, 200)
})

test('two thousand long polls from one address are allowed', async () => {
  const { limits } = loadConfig({ argv: [], env: {} })
  const atLeast = {
    connections_per_address: 4000,
    requests_in_flight_per_address: 4000,
    requests_in_flight: 4000,
  }
  for (const [name, least] of Object.entries(atLeast))
    assert.ok(limits[name as keyof typeof atLeast] >= least, name)
})

test('connections are limited by address and in total', async () => {
  for (const limits of [{ connections_per_address: 2 }, { connections: 2 }]) {
    await using fixture = startServer([small], { limits })
    const { port } = await fixture.server.listen()
    const open = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
    await Promise.all(open.map((socket) => once(socket, 'connect')))
    const refused = connect(port, '127.0.0.1').setEncoding('utf8')
    const [received] = (await once(refused, 'data')) as [string]
    assert.match(received, /^HTTP\/1\.1 429 .*M_LIMIT_EXCEEDED.*too many connections open/s)
    for (const socket of [...open, refused]) socket.destroy()
    const ask = () => fetch(`http://127.0.0.1:${port}/small`, { headers: { connection: 'close' } })
    await eventually(async () => (await ask()).status === 200)
  }
})
