import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { createPostgresSocket } from '../../src/storage/postgres-socket.ts'
import { afterTest } from '../support/after-test.ts'

test('what is written in one turn of the event loop, also after a promise, is one call to the system, in its order', async (t) => {
  const received = Promise.withResolvers<Buffer>()
  const server = createServer((socket) => void buffer(socket).then(received.resolve, received.reject))
  server.listen(0, '127.0.0.1')
  afterTest(t, () => void server.close())
  await once(server, 'listening')
  const socket = createPostgresSocket()
  afterTest(t, () => void socket.destroy())
  socket.connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  const calls = [t.mock.method(socket, '_write'), t.mock.method(socket, '_writev' as never)]
  const count = () => calls.reduce((sum, { mock }) => sum + mock.callCount(), 0)
  const writeSome = async (names: string) => {
    for (const name of names) {
      socket.write(name)
      await Promise.resolve()
    }
    await new Promise((turn) => setImmediate(turn))
  }
  await writeSome('abc')
  assert.equal(count(), 1)
  await writeSome('def')
  assert.equal(count(), 2)
  socket.end('g')
  assert.equal((await received.promise).toString(), 'abcdefg')
})
