import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { content, type StoredBytes } from '../../src/http/content.ts'
import { eventStream } from '../../src/http/event-stream.ts'
import type { ByteRange } from '../../src/http/ranges.ts'
import { defineRoute } from '../../src/http/route.ts'
import { eventually } from '../support/eventually.ts'
import { startServer } from './server-fixture.ts'

const MIB = 1_048_576
const BYTES = randomBytes(3 * MIB)

/** Stored bytes that are read in pieces, as from a disk. */
function stored(bytes: Buffer = BYTES): StoredBytes & { open: Set<ByteRange>; given: () => number } {
  const open = new Set<ByteRange>()
  let given = 0
  return {
    size: bytes.length,
    memory: 131_072,
    open,
    given: () => given,
    async *read(range) {
      open.add(range)
      try {
        for (let at = range.start; at < range.end; at += 50_000) {
          const piece = bytes.subarray(at, Math.min(at + 50_000, range.end))
          given += piece.length
          yield piece
        }
      } finally {
        open.delete(range)
      }
    },
  }
}

const fileRoute = (data: Buffer | StoredBytes, etag: string | undefined = 'v1') =>
  defineRoute({
    method: 'GET',
    path: '/file',
    auth: 'none',
    limit: 'default',
    handler: () =>
      content(200, {
        data,
        type: 'image/png',
        ...(etag !== undefined && { etag }),
        cacheControl: 'private, max-age=60',
      }),
  })

type Fixture = ReturnType<typeof startServer>
async function metric({ metrics }: Fixture, name: string): Promise<number> {
  const found = await metrics.registry.getSingleMetric(name)?.get()
  return found?.values[0]?.value ?? 0
}
const unread = (fixture: Fixture) => metric(fixture, 'belfry_http_unread_answer_bytes')

for (const [source, make] of [
  ['bytes in memory', () => BYTES],
  ['stored bytes', () => stored()],
] as const)
  describe(source, () => {
    async function ask(headers: Record<string, string>, method = 'GET') {
      await using fixture = startServer([fileRoute(make())])
      const { url } = await fixture.server.listen()
      const response = await fetch(`${url}/file`, { method, headers })
      const { status } = response
      return { status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
    }

    test('are sent completely, with length, type, ETag and cache control', async () => {
      const { status, headers, bytes } = await ask({})
      assert.equal(status, 200)
      assert.ok(bytes.equals(BYTES))
      const expected = {
        'content-length': String(BYTES.length),
        'content-type': 'image/png',
        'cache-control': 'private, max-age=60',
        'accept-ranges': 'bytes',
        etag: '"v1"',
        'access-control-allow-origin': '*',
      }
      for (const [name, value] of Object.entries(expected)) assert.equal(headers.get(name), value, name)
    })

    test('return 206 for a range', async () => {
      const size = BYTES.length
      const parts: [range: string, start: number, end: number][] = [
        ['bytes=0-0', 0, 1],
        ['bytes=100-70000', 100, 70_001],
        ['bytes=1000000-', 1_000_000, size],
        ['bytes=-12345', size - 12_345, size],
      ]
      for (const [range, start, end] of parts) {
        const { status, headers, bytes } = await ask({ range })
        assert.deepEqual(
          [status, headers.get('content-range'), headers.get('content-length')],
          [206, `bytes ${start}-${end - 1}/${size}`, String(end - start)],
        )
        assert.ok(bytes.equals(BYTES.subarray(start, end)), range)
        assert.deepEqual([headers.get('etag'), headers.get('content-type')], ['"v1"', 'image/png'])
      }
    })

    test('return 416 with the size for a range outside the content', async () => {
      const { status, headers, bytes } = await ask({ range: `bytes=${BYTES.length}-` })
      assert.deepEqual([status, headers.get('content-range')], [416, `bytes */${BYTES.length}`])
      assert.equal((JSON.parse(bytes.toString()) as { errcode: string }).errcode, 'M_INVALID_PARAM')
      assert.equal(headers.get('content-type'), 'application/json')
    })

    test('are sent completely for several ranges and for an If-Range with another ETag', async () => {
      const asked: Record<string, string>[] = [
        { range: 'bytes=0-1,4-5' },
        { range: 'bytes=0-1', 'if-range': '"v0"' },
      ]
      for (const headers of asked) {
        const { status, bytes } = await ask(headers)
        assert.deepEqual([status, bytes.length], [200, BYTES.length])
      }
      assert.equal((await ask({ range: 'bytes=0-1', 'if-range': '"v1"' })).status, 206)
    })

    test('return 304 to a client that has the same ETag', async () => {
      const { status, headers, bytes } = await ask({ 'if-none-match': '"v1"' })
      assert.deepEqual([status, headers.get('etag'), bytes.length], [304, '"v1"', 0])
      assert.deepEqual([headers.get('content-type'), headers.get('content-length')], [null, null])
    })

    test('HEAD returns the headers of the whole content without a body', async () => {
      const { status, headers, bytes } = await ask({ range: 'bytes=0-1' }, 'HEAD')
      assert.deepEqual(
        [status, headers.get('content-length'), headers.get('accept-ranges'), bytes.length],
        [200, String(BYTES.length), 'bytes', 0],
      )
    })
  })

test('content without an ETag ignores ranges', async () => {
  const route = defineRoute({
    method: 'GET',
    path: '/page',
    auth: 'none',
    limit: 'default',
    handler: () => content(200, { data: '<p>é', type: 'text/html' }),
  })
  await using fixture = startServer([route])
  const { url } = await fixture.server.listen()
  const response = await fetch(`${url}/page`, { headers: { range: 'bytes=0-1' } })
  assert.deepEqual(
    [response.status, response.headers.get('accept-ranges'), response.headers.get('content-length')],
    [200, null, '5'],
  )
  assert.equal(await response.text(), '<p>é')
})

test('empty content has a content-length of 0', async () => {
  await using fixture = startServer([fileRoute(stored(Buffer.alloc(0)))])
  const { url } = await fixture.server.listen()
  const response = await fetch(`${url}/file`)
  assert.deepEqual([response.headers.get('content-length'), await response.text()], ['0', ''])
})

test('content() throws for an ETag with characters that its header cannot contain', () => {
  assert.throws(() => content(200, { data: '', type: 'text/plain', etag: 'a"\r\nx' }), /ETag/)
})

/** A client that reads nothing after the headers until the test calls `resume()`. */
async function slowReader(port: number) {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined).pause()
  socket.write('GET /file HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  await once(socket, 'connect')
  return socket
}

test('stored bytes are read no faster than the client reads, and arrive completely at a slow client', async () => {
  const large = randomBytes(40 * MIB)
  const file = stored(large)
  await using fixture = startServer([fileRoute(file)])
  const { port } = await fixture.server.listen()
  const socket = await slowReader(port)
  let before = -1
  await eventually(() => {
    const isStill = file.given() > 0 && file.given() === before
    before = file.given()
    return isStill
  })
  assert.ok(file.given() < large.length, 'the rest was not read from the source yet')
  assert.equal(await unread(fixture), 131_072)
  const pieces: Buffer[] = []
  socket.on('data', (piece: Buffer) => pieces.push(piece)).resume()
  await once(socket, 'close')
  const received = Buffer.concat(pieces)
  assert.ok(received.subarray(received.indexOf('\r\n\r\n') + 4).equals(large))
  assert.equal(file.open.size, 0)
  await eventually(async () => (await unread(fixture)) === 0)
})

test('reading of stored bytes stops if the client disconnects or does not read', async () => {
  for (const hangsUp of [true, false]) {
    const file = stored(randomBytes(40 * MIB))
    await using fixture = startServer([fileRoute(file)], {
      limits: { read_timeout_ms: hangsUp ? 30_000 : 60 },
    })
    const { port } = await fixture.server.listen()
    const socket = await slowReader(port)
    await eventually(() => file.given() > 0)
    if (hangsUp) socket.destroy()
    await eventually(() => file.open.size === 0)
    await eventually(async () => (await unread(fixture)) === 0)
    assert.ok(file.given() < 40 * MIB)
    assert.deepEqual(fixture.lines, [])
    socket.destroy()
  }
})

test('the connection is closed if stored bytes fail or have another length', async () => {
  const broken: [what: string, read: () => AsyncGenerator<Uint8Array>][] = [
    [
      'fails',
      async function* () {
        yield Buffer.alloc(10)
        throw new Error('the disk is gone')
      },
    ],
    [
      'too few',
      async function* () {
        yield Buffer.alloc(99)
      },
    ],
    [
      'too many',
      async function* () {
        yield Buffer.alloc(60)
        yield Buffer.alloc(60)
      },
    ],
  ]
  for (const [what, read] of broken) {
    await using fixture = startServer([fileRoute({ size: 100, memory: 100, read })])
    const { url } = await fixture.server.listen()
    await assert.rejects(
      fetch(`${url}/file`).then((response) => response.arrayBuffer()),
      what,
    )
    await eventually(() => fixture.lines.some((line) => line.includes('request failed')))
  }
})

test('HEAD of an event stream ends at once and aborts the signal of its handler', async () => {
  const aborted = Promise.withResolvers<void>()
  const route = defineRoute({
    method: 'GET',
    path: '/events',
    auth: 'none',
    limit: 'push',
    handler({ signal }) {
      signal.addEventListener('abort', () => aborted.resolve())
      return eventStream(
        (async function* () {
          yield { data: 1 }
          await aborted.promise
        })(),
      )
    },
  })
  await using fixture = startServer([route])
  const { url } = await fixture.server.listen()
  const response = await fetch(`${url}/events`, { method: 'HEAD' })
  assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'text/event-stream'])
  assert.equal(await response.text(), '')
  await aborted.promise
})
