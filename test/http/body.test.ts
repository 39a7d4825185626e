import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { type ByteStream, MAX_RECENT_BYTES, repeatedJson } from '../../src/http/body.ts'
import { ClientGone } from '../../src/http/read-body.ts'
import { defineRoute } from '../../src/http/route.ts'
import { eventually } from '../support/eventually.ts'
import { inject } from '../support/inject.ts'
import { bearer, startServer } from './server-fixture.ts'

const MIB = 1_048_576
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const whole = defineRoute({
  method: 'POST',
  path: '/whole',
  auth: 'none',
  limit: 'default',
  body: { kind: 'bytes', limit: 1000 },
  handler: ({ body: { contentType, bytes } }) => ({
    type: contentType ?? null,
    size: bytes.length,
    hash: hashOf(bytes),
  }),
})

test('a body with the bytes of an earlier one is not validated again, and any other body is', async () => {
  const validated: number[] = []
  const schema = z.object({ n: z.int().refine((n) => validated.push(n) > 0) })
  const route = defineRoute({
    method: 'POST',
    path: '/repeated',
    auth: 'none',
    limit: 'default',
    body: repeatedJson(schema, 100_000),
    handler: ({ body }) => body,
  })
  await using fixture = startServer([route])
  const send = async (payload: string) => {
    const response = await inject(fixture.server, { method: 'POST', url: '/repeated', payload })
    const body = response.json() as { n?: number; errcode?: string }
    return [response.statusCode, body.n ?? body.errcode]
  }
  const large = `{"n":3,"more":"${'x'.repeat(MAX_RECENT_BYTES)}"}`
  for (const payload of ['{"n":1}', '{"n":1}', '{"n":2}', large, large])
    assert.deepEqual(await send(payload), [200, Number(payload[5])])
  assert.deepEqual(validated, [1, 2, 3, 3])
  for (let at = 0; at < 2; at++) assert.deepEqual(await send('{"n":"one"}'), [400, 'M_BAD_JSON'])
})

/** A route that hashes a body while it arrives. `before` runs before each read. */
function uploadRoute({
  limit = 32 * MIB,
  before = async () => undefined,
}: { limit?: number; before?: (received: number) => Promise<void> } = {}) {
  const entered = Promise.withResolvers<ByteStream & { signal: AbortSignal }>()
  const ended = Promise.withResolvers<unknown>()
  const route = defineRoute({
    method: 'PUT',
    path: '/upload',
    auth: 'user',
    limit: 'default',
    body: { kind: 'stream', limit },
    async handler({ body, signal }) {
      entered.resolve({ ...body, signal })
      const hash = createHash('sha256')
      let size = 0
      try {
        await before(size)
        for await (const chunk of body.chunks) {
          size += chunk.length
          hash.update(chunk)
          await before(size)
        }
        ended.resolve(size)
      } catch (error) {
        ended.resolve(error)
        throw error
      }
      return { type: body.contentType ?? null, length: body.length ?? null, size, hash: hash.digest('hex') }
    },
  })
  return { route, entered: entered.promise, ended: ended.promise }
}

type Fixture = ReturnType<typeof startServer>

async function metric({ metrics }: Fixture, name: string): Promise<number> {
  const found = await metrics.registry.getSingleMetric(name)?.get()
  return found?.values[0]?.value ?? 0
}
const heldBytes = (fixture: Fixture) => metric(fixture, 'belfry_http_body_bytes')
const inFlight = (fixture: Fixture) => metric(fixture, 'belfry_http_requests_in_flight')

const HEAD = 'PUT /upload HTTP/1.1\r\nhost: x\r\nauthorization: Bearer alice-token\r\n'

function open(port: number, text: string): { socket: Socket; received: () => string } {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  socket.on('error', () => undefined).setEncoding('utf8')
  socket.on('data', (chunk: string) => (received += chunk))
  socket.write(text)
  return { socket, received: () => received }
}

test('a bytes route gets any body with its content type', async () => {
  await using fixture = startServer([whole])
  const { url } = await fixture.server.listen()
  for (const bytes of [Buffer.alloc(0), Buffer.from([0, 255, 254, 10]), randomBytes(1000)]) {
    const response = await fetch(`${url}/whole`, {
      method: 'POST',
      headers: { 'content-type': 'image/png; x=1' },
      body: bytes,
    })
    assert.deepEqual(await response.json(), {
      type: 'image/png; x=1',
      size: bytes.length,
      hash: hashOf(bytes),
    })
  }
  const untyped = await fetch(`${url}/whole`, { method: 'POST', body: Buffer.from('a') })
  assert.equal(((await untyped.json()) as { type: unknown }).type, null)
})

test('a bytes body over the limit of its route returns 413', async () => {
  await using fixture = startServer([whole])
  const declared = await inject(fixture.server, {
    method: 'POST',
    url: '/whole',
    payload: Buffer.alloc(1001),
  })
  assert.deepEqual(
    [declared.statusCode, (declared.json() as { errcode: string }).errcode],
    [413, 'M_TOO_LARGE'],
  )
})

test('a streamed body arrives unchanged, with a declared length or chunked, and uses constant memory', async () => {
  const bytes = randomBytes(8 * MIB)
  for (const isDeclared of [true, false]) {
    let most = 0
    const { route } = uploadRoute({
      before: async () => {
        most = Math.max(most, await heldBytes(fixture))
      },
    })
    const fixture: Fixture = startServer([route])
    await using _ = fixture
    const { url } = await fixture.server.listen()
    const response = await fetch(`${url}/upload`, {
      method: 'PUT',
      headers: { ...bearer, 'content-type': 'video/mp4' },
      body: isDeclared ? bytes : Readable.toWeb(Readable.from([bytes.subarray(0, MIB), bytes.subarray(MIB)])),
      duplex: 'half',
    } as RequestInit)
    assert.deepEqual(await response.json(), {
      type: 'video/mp4',
      length: isDeclared ? bytes.length : null,
      size: bytes.length,
      hash: hashOf(bytes),
    })
    assert.equal(most, 131_072)
    await eventually(async () => (await heldBytes(fixture)) === 0)
  }
})

test('an empty body is an empty stream', async () => {
  const { route } = uploadRoute()
  await using fixture = startServer([route])
  const result = await inject(fixture.server, { method: 'PUT', url: '/upload', headers: bearer })
  assert.equal((result.json() as { size: number }).size, 0)
})

test('back-pressure slows down a client whose body is read slowly', async () => {
  const gate = Promise.withResolvers<void>()
  const { route, entered, ended } = uploadRoute({ limit: 64 * MIB, before: () => gate.promise })
  await using fixture = startServer([route])
  const { port } = await fixture.server.listen()
  const bytes = 48 * MIB
  const { socket } = open(port, `${HEAD}content-length: ${bytes}\r\n\r\n`)
  socket.write(Buffer.alloc(bytes))
  await entered
  let before = -1
  await eventually(() => {
    const isStill = socket.bytesWritten === before
    before = socket.bytesWritten
    return isStill
  })
  assert.ok(socket.writableLength > 0, 'a part of the body is still in the buffer of the client')
  assert.equal(await heldBytes(fixture), 131_072)
  gate.resolve()
  assert.equal(await ended, bytes)
  socket.destroy()
})

/** Resolves after the deadline of a body that does not arrive. */
async function bodyTimeout(port: number): Promise<void> {
  const { socket, received } = open(port, `${HEAD}content-length: 10\r\n\r\n`)
  await once(socket, 'close')
  assert.match(received(), /^HTTP\/1\.1 408 /)
}

test('the body deadline is stopped while the handler does not read', async () => {
  const entered = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const { route } = uploadRoute({
    before: async (received) => {
      if (received === 0) return
      entered.resolve()
      await gate.promise
    },
  })
  await using fixture = startServer([route], { limits: { body_timeout_ms: 60 } })
  const { port } = await fixture.server.listen()
  const { socket, received } = open(port, `${HEAD}content-length: 10\r\nconnection: close\r\n\r\n01234`)
  const closed = once(socket, 'close')
  await entered.promise
  await bodyTimeout(port)
  gate.resolve()
  socket.write('56789')
  await closed
  assert.match(received(), /^HTTP\/1\.1 200 .*"size":10/s)
})

test('a stream may exceed the body deadline if each chunk arrives in time', async () => {
  const { route } = uploadRoute()
  await using fixture = startServer([route], { limits: { header_timeout_ms: 150, body_timeout_ms: 150 } })
  const { port } = await fixture.server.listen()
  const { socket, received } = open(port, `${HEAD}transfer-encoding: chunked\r\nconnection: close\r\n\r\n`)
  const closed = once(socket, 'close')
  let isLate = false
  const late = bodyTimeout(port)
    .then(() => bodyTimeout(port))
    .then(() => (isLate = true))
  while (!isLate) {
    socket.write('1\r\nx\r\n')
    await setImmediate()
  }
  await late
  socket.write('0\r\n\r\n')
  await closed
  assert.match(received(), /^HTTP\/1\.1 200 /)
})

test('a stream without a chunk within the deadline returns 408 and ends for the handler', async () => {
  const { route, ended } = uploadRoute()
  await using fixture = startServer([route], { limits: { body_timeout_ms: 60 } })
  const { port } = await fixture.server.listen()
  const { socket, received } = open(port, `${HEAD}content-length: 10\r\n\r\n012`)
  await once(socket, 'close')
  assert.match(received(), /^HTTP\/1\.1 408 .*M_UNKNOWN/s)
  assert.ok((await ended) instanceof ClientGone)
  assert.deepEqual(fixture.lines, [])
})

test('a declared length over the limit returns 413 before the handler runs', async () => {
  const { route } = uploadRoute({ limit: 10 })
  let isEntered = false
  await using fixture = startServer([{ ...route, handler: () => void (isEntered = true) } as typeof route])
  const { port } = await fixture.server.listen()
  const { socket, received } = open(port, `${HEAD}content-length: 11\r\nconnection: close\r\n\r\n01234567890`)
  await once(socket, 'close')
  assert.match(received(), /^HTTP\/1\.1 413 .*M_TOO_LARGE/s)
  assert.equal(isEntered, false)
})

test('a chunked body returns 413 as soon as it exceeds the limit, and the client can read it while it still sends', async () => {
  const { route, ended } = uploadRoute({ limit: 100_000 })
  await using fixture = startServer([route])
  const { port } = await fixture.server.listen()
  const chunk = `8000\r\n${'x'.repeat(0x8000)}\r\n`
  const { socket, received } = open(port, `${HEAD}transfer-encoding: chunked\r\n\r\n${chunk.repeat(4)}`)
  await eventually(() => received().includes('\r\n\r\n'))
  assert.match(received(), /^HTTP\/1\.1 413 .*M_TOO_LARGE/s)
  assert.equal(((await ended) as { status: number }).status, 413)
  // The connection can be used again after the rest was dropped.
  socket.write(`${chunk}0\r\n\r\nPUT /upload HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
  await once(socket, 'close')
  assert.match(received(), /M_TOO_LARGE.*HTTP\/1\.1 401 /s)
})

test('the rest of a refused stream has a deadline', async () => {
  const { route } = uploadRoute({ limit: 100_000 })
  await using fixture = startServer([route], { limits: { body_timeout_ms: 60 } })
  const { port } = await fixture.server.listen()
  const chunk = `8000\r\n${'x'.repeat(0x8000)}\r\n`
  const { socket, received } = open(port, `${HEAD}transfer-encoding: chunked\r\n\r\n${chunk.repeat(4)}`)
  await once(socket, 'close')
  assert.match(received(), /^HTTP\/1\.1 413 /)
  assert.doesNotMatch(received(), / 408 /, 'no second response follows a complete one')
})

test('a disconnect ends the stream, aborts the signal of the handler, and logs no error', async () => {
  const { route, entered, ended } = uploadRoute()
  await using fixture = startServer([route], { level: 'debug' })
  const { port } = await fixture.server.listen()
  const { socket } = open(port, `${HEAD}content-length: 1000\r\n\r\n0123`)
  const { signal } = await entered
  socket.destroy()
  assert.ok((await ended) instanceof ClientGone)
  await eventually(() => signal.aborted)
  await eventually(async () => (await inFlight(fixture)) === 0)
  assert.equal(await heldBytes(fixture), 0)
  assert.deepEqual(
    fixture.lines.filter((line) => line.includes('"level":"error"')),
    [],
  )
})

test('a client that is killed while it sends ends the stream', async () => {
  const { route, entered, ended } = uploadRoute()
  await using fixture = startServer([route])
  const { port } = await fixture.server.listen()
  const script = `
    const socket = require('node:net').connect(${port}, '127.0.0.1')
    socket.write(${JSON.stringify(`${HEAD}content-length: ${16 * MIB}\r\n\r\n`)})
    socket.write(Buffer.alloc(${MIB}))`
  const client = spawn(process.execPath, ['-e', script], { stdio: 'ignore' })
  await entered
  client.kill('SIGKILL')
  assert.ok((await ended) instanceof ClientGone)
  await eventually(async () => (await inFlight(fixture)) === 0)
  assert.equal(await heldBytes(fixture), 0)
})

test('a handler can respond after it has read only a part of the stream', async () => {
  const peek = defineRoute({
    method: 'PUT',
    path: '/peek',
    auth: 'none',
    limit: 'default',
    body: { kind: 'stream', limit: MIB },
    async handler({ body }) {
      for await (const chunk of body.chunks) return { first: chunk[0] }
      return {}
    },
  })
  await using fixture = startServer([peek])
  const { url } = await fixture.server.listen()
  for (let round = 0; round < 2; round++) {
    const response = await fetch(`${url}/peek`, { method: 'PUT', body: Buffer.alloc(300_000, 7) })
    assert.deepEqual(await response.json(), { first: 7 })
  }
})

test('a stream counts for the limit of body bytes in flight', async () => {
  const gate = Promise.withResolvers<void>()
  const { route, entered } = uploadRoute({ before: () => gate.promise })
  await using fixture = startServer([route], {
    limits: { body_bytes: 1024, body_bytes_in_flight_per_address: 200_000 },
  })
  const { port } = await fixture.server.listen()
  const text = `${HEAD}content-length: 4\r\nconnection: close\r\n\r\n0123`
  const first = open(port, text)
  await entered
  const second = open(port, text)
  await once(second.socket, 'close')
  assert.match(second.received(), /^HTTP\/1\.1 429 .*bytes of request bodies of your address/s)
  gate.resolve()
  await once(first.socket, 'close')
  assert.match(first.received(), /^HTTP\/1\.1 200 /)
})

test('a stream is not read before authentication', async () => {
  const { route } = uploadRoute()
  await using fixture = startServer([route])
  const { port } = await fixture.server.listen()
  const { socket, received } = open(
    port,
    'PUT /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 30000000\r\n\r\n',
  )
  await once(socket, 'close')
  assert.match(received(), /^HTTP\/1\.1 401 .*connection: close/is)
})

test('the connection is closed if an ignored body does not arrive in time', async () => {
  await using fixture = startServer([whole], { limits: { body_timeout_ms: 60 } })
  const { port } = await fixture.server.listen()
  const { socket, received } = open(port, 'GET /nothing HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n01')
  await once(socket, 'close')
  assert.match(received(), /^HTTP\/1\.1 404 /)
  assert.doesNotMatch(received(), / 408 /)
})
