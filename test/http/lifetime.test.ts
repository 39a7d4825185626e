import assert from 'node:assert/strict'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { defineRoute } from '../../src/http/route.ts'
import { Deferred } from '../../src/lib/deferred.ts'
import { startServer } from './server-fixture.ts'

/** A route that waits until its signal aborts. `entered` resolves when the wait begins, `ended` when it ends. */
function pollRoute(onAbort: (reason: unknown) => object) {
  const entered = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<unknown>()
  const route = defineRoute({
    method: 'GET',
    path: '/poll',
    auth: 'none',
    limit: 'sync',
    handler: async ({ signal }) => {
      entered.resolve()
      await once(signal, 'abort')
      ended.resolve(signal.reason)
      return onAbort(signal.reason)
    },
  })
  return { route, entered: entered.promise, ended: ended.promise }
}

test('a disconnect aborts the signal of a long poll and logs no error', async () => {
  const { route, entered, ended } = pollRoute((reason) => {
    throw reason
  })
  await using fixture = startServer([route], { level: 'debug' })
  const { url } = await fixture.server.listen()
  const client = new AbortController()
  const asked = fetch(`${url}/poll`, { signal: client.signal }).catch(() => 'gone')
  await entered
  client.abort()
  assert.equal(await asked, 'gone')
  assert.equal(((await ended) as Error).name, 'ClientGone')
  assert.deepEqual(
    fixture.lines.filter((line) => line.includes('"error"')),
    [],
  )
})

test('close() ends long polls with their response and closes their connections', async () => {
  const { route, entered } = pollRoute(() => ({ next_batch: 's1' }))
  const fixture = startServer([route])
  const { url } = await fixture.server.listen()
  const asked = fetch(`${url}/poll`)
  await entered
  await fixture.server.close()
  const response = await asked
  assert.deepEqual([response.status, await response.json()], [200, { next_batch: 's1' }])
  assert.equal(response.headers.get('connection'), 'close')
})

test('a handler that throws the abort reason of the shutdown returns 503', async () => {
  const { route, entered } = pollRoute((reason) => {
    throw reason
  })
  const fixture = startServer([route])
  const { url } = await fixture.server.listen()
  const asked = fetch(`${url}/poll`)
  await entered
  await fixture.server.close()
  assert.equal((await asked).status, 503)
})

test('close() does not wait for the connection of a response that had begun before', async () => {
  const gate = Promise.withResolvers<void>()
  const route = defineRoute({
    method: 'GET',
    path: '/begun',
    auth: 'none',
    limit: 'default',
    handler: () => ({
      first: 'x'.repeat(100_000),
      last: new Deferred(async () => {
        await gate.promise
        return {}
      }),
    }),
  })
  const fixture = startServer([route])
  const { url } = await fixture.server.listen()
  const response = await fetch(`${url}/begun`)
  assert.equal(response.headers.get('connection'), 'keep-alive')
  const closed = fixture.server.close({ drainMs: 60_000 })
  gate.resolve()
  assert.deepEqual(Object.keys((await response.json()) as object), ['first', 'last'])
  await closed
})

test('close() does not wait for connections without a request', async () => {
  const fixture = startServer([])
  const { port } = await fixture.server.listen()
  const silent = connect(port, '127.0.0.1')
  const idle = connect(port, '127.0.0.1')
  idle.write('GET /x HTTP/1.1\r\nhost: x\r\n\r\n')
  await Promise.all([once(silent, 'connect'), once(idle, 'data')])
  const closed = Promise.all([once(silent, 'close'), once(idle, 'close')])
  await fixture.server.close()
  await closed
})

test('close() closes the connections of requests that still run at the deadline', async () => {
  const never = Promise.withResolvers<object>()
  const entered = Promise.withResolvers<void>()
  const route = defineRoute({
    method: 'GET',
    path: '/stuck',
    auth: 'none',
    limit: 'none',
    handler: () => {
      entered.resolve()
      return never.promise
    },
  })
  const fixture = startServer([route])
  const { url } = await fixture.server.listen()
  const asked = fetch(`${url}/stuck`).catch(() => 'cut off')
  await entered.promise
  await fixture.server.close({ drainMs: 20 })
  assert.equal(await asked, 'cut off')
  never.resolve({})
})

test('listen() rejects with EADDRINUSE for an address in use', async () => {
  await using first = startServer([])
  const { url } = await first.server.listen()
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
  const { createServer } = await import('node:http')
  const other = createServer()
  const port = Number(new URL(url).port)
  other.listen(port, '127.0.0.1')
  const [error] = (await once(other, 'error')) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'EADDRINUSE')
})

test('a server on localhost listens, and limits connections, on each of its addresses', async () => {
  const fixture = startServer([], {
    listen: { host: 'localhost', port: 0 },
    limits: { connections: 2 },
  })
  const { port } = await fixture.server.listen()
  const addresses = await lookup('localhost', { all: true })
  for (const { address } of addresses) {
    const socket = connect(port, address).setEncoding('utf8')
    socket.write('GET /nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    const [received] = (await once(socket, 'data')) as [string]
    assert.match(received, /^HTTP\/1\.1 404 /, address)
    await once(socket, 'close')
  }
  const held = addresses.slice(0, 2).map(({ address }) => connect(port, address))
  while (held.length < 2) held.push(connect(port, '127.0.0.1'))
  await Promise.all(held.map((socket) => once(socket, 'connect')))
  const refused = connect(port, '127.0.0.1').setEncoding('utf8')
  assert.match(((await once(refused, 'data')) as [string])[0], /^HTTP\/1\.1 429 /)
  await fixture.server.close()
  for (const { address } of addresses) {
    const late = connect(port, address)
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException]
    assert.equal(error.code, 'ECONNREFUSED', address)
  }
  for (const socket of [...held, refused]) socket.destroy()
})
