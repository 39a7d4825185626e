import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { afterTest } from '../support/after-test.ts'
import { freePort } from '../support/free-port.ts'
import { childOfConnection } from './child-of-connection.ts'

/** Arguments: a port to connect to, and the local port. It ends with its standard input. */
const CLIENT = `
  const [port, localPort] = process.argv.slice(1).map(Number)
  require('node:net').connect({ host: '127.0.0.1', port, localAddress: '127.0.0.1', localPort })
  process.stdin.on('end', () => process.exit()).resume()`

async function listen(t: TestContext): Promise<Server> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(t, () => void server.close())
  return server
}

/** Connects a child process to a server. */
async function connectChild(t: TestContext, server: Server, from: number) {
  const { port: to } = server.address() as AddressInfo
  const connected = once(server, 'connection')
  const child = spawn(process.execPath, ['-e', CLIENT, String(to), String(from)])
  afterTest(t, async () => {
    const ended = once(child, 'exit')
    child.stdin.end()
    await ended
  })
  const [socket] = (await connected) as [Socket]
  assert.equal(socket.remotePort, from)
  return { pid: child.pid, to }
}

test(
  'a connection is that of the child which made it, also when another child has the same local port',
  { skip: process.platform !== 'linux' && 'reads /proc of Linux' },
  async (t) => {
    const from = await freePort()
    const one = await connectChild(t, await listen(t), from)
    const other = await connectChild(t, await listen(t), from)
    assert.equal(childOfConnection({ from, to: one.to }), one.pid)
    assert.equal(childOfConnection({ from, to: other.to }), other.pid)
    assert.equal(childOfConnection({ from: one.to, to: from }), undefined)
  },
)
