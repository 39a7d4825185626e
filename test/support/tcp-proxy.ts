import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { afterTest, type TestEnd } from './after-test.ts'

/** undefined: it is refused. */
export async function connectTcp(target: NetConnectOpts): Promise<Socket | undefined> {
  const socket = connect(target)
  try {
    await once(socket, 'connect')
    return socket
  } catch {
    return undefined
  }
}

export type TcpProxy = {
  port: number
  /** Ends all connections, and refuses new ones until `mend`. */
  cut(): void
  /** Passes nothing on, without ending a connection, until `mend`: as a network that has failed. */
  freeze(): void
  mend(): void
}

/**
 * Passes connections to `target`. `delayMs`: added to each piece of data on the way to the target, and so to
 * each round trip.
 */
export async function startTcpProxy(
  t: TestEnd,
  target: NetConnectOpts,
  { delayMs = 0 } = {},
): Promise<TcpProxy> {
  const pairs = new Set<Socket>()
  let state: 'open' | 'cut' | 'frozen' = 'open'
  const server = createServer({ noDelay: true }, (socket) => {
    if (state === 'cut') return void socket.destroy()
    const other = connect(target).setNoDelay(true)
    for (const [from, to] of [
      [socket, other],
      [other, socket],
    ] as const) {
      pairs.add(from)
      from.on('error', () => undefined)
      from.on('close', () => {
        pairs.delete(from)
        to.destroy()
      })
    }
    pass(socket, other, delayMs)
    pass(other, socket, 0)
    if (state === 'frozen') for (const one of [socket, other]) one.pause()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const end = () => {
    for (const socket of pairs) socket.destroy()
  }
  afterTest(t, async () => {
    end()
    server.close()
    await once(server, 'close')
  })
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      state = 'cut'
      end()
    },
    freeze() {
      state = 'frozen'
      for (const socket of pairs) socket.pause()
    },
    mend() {
      // What a network has swallowed does not arrive later.
      if (state === 'frozen') end()
      state = 'open'
    },
  }
}

/** Keeps the order: pieces wait in a chain. */
function pass(from: Socket, to: Socket, delayMs: number): void {
  if (delayMs === 0) return void from.on('data', (data) => to.write(data)).on('end', () => to.end())
  let last: Promise<unknown> = Promise.resolve()
  const later = (work: () => void) => {
    last = Promise.all([last, setTimeout(delayMs)]).then(work)
  }
  from.on('data', (data) => later(() => to.write(data))).on('end', () => later(() => to.end()))
}
