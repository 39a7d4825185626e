import { constants } from 'node:http2'
import type { SecureContext } from 'node:tls'
import type { Clock } from '../../lib/clock.ts'
import type { Proxy } from '../../lib/outbound/proxy.ts'
import { openConnection, type ApnsConnection } from './connection.ts'
import type { ApnsRequest, Exchange, ExchangeResult } from './exchange.ts'

export type ConnectionsOptions = {
  url: URL
  clock: Clock
  secureContext: SecureContext | undefined
  proxy: Proxy | undefined
  oneStreamFirst: boolean
  maxConnections: number
}

/** The connections of one app to APNs. */
export type Connections = AsyncDisposable & {
  /** Never rejects. An abort is the fault `stopped`. */
  ask(request: ApnsRequest, signal: AbortSignal): Promise<ExchangeResult>
  /** No request goes over a connection that is there now, once those under way are through. */
  retire(): void
  /** How many there are, those that are ending included. */
  count(): number
}

const TICK_MS = 1000
/** From the first wait for a stream to the answer. */
const EXCHANGE_MS = 30_000
/** One connection is kept for good, as Apple wants it; another one only as long as it is needed. */
const SPARE_IDLE_MS = 5 * 60_000

const STOPPED: ExchangeResult = { kind: 'fault', fault: 'stopped' }
const TIMEOUT: ExchangeResult = { kind: 'fault', fault: 'timeout' }

export function makeConnections(options: ConnectionsOptions): Connections {
  const { clock } = options
  const connections = new Set<ApnsConnection>()
  /** Oldest first, so that a look at the first tells whether any is late. */
  const pending = new Set<Exchange>()
  const waiting: Exchange[] = []
  /** They come before those that wait: they have waited already. */
  const returned: Exchange[] = []
  const stop = new AbortController()
  let ticking: Promise<void> | undefined

  const usable = () =>
    [...connections].filter((one) => one.state() === 'connecting' || one.state() === 'open')

  function pump(): void {
    for (;;) {
      const exchange = returned[0] ?? waiting[0]
      if (exchange === undefined) return
      if (!exchange.isSettled) {
        const connection = withRoom()
        if (connection === undefined) return makeRoom()
        take()
        connection.send(exchange)
      } else {
        take()
      }
    }
  }

  const take = () => (returned.length > 0 ? returned : waiting).shift()

  function withRoom(): ApnsConnection | undefined {
    for (const connection of connections) if (connection.hasRoom()) return connection
    return undefined
  }

  /** One connection at a time: what a new one brings may be enough. */
  function makeRoom(): void {
    if (stop.signal.aborted) return
    const others = usable()
    if (others.length >= options.maxConnections) return
    const now = clock.now()
    if (others.some((one) => one.isNew(now))) return
    const connection = openConnection({ ...options, onChange: () => onChange(connection), giveBack })
    connections.add(connection)
    ticking ??= tick()
  }

  const giveBack = (exchange: Exchange) => void returned.push(exchange)

  function onChange(connection: ApnsConnection): void {
    if (connection.state() === 'gone' && connections.delete(connection)) {
      const fault = connection.connectFault()
      // Nothing is left to wait for: better they fail at once than that each of them dials again.
      if (fault !== undefined && usable().length === 0) failAll(fault)
    }
    pump()
  }

  function failAll(result: ExchangeResult): void {
    for (const exchange of [...returned.splice(0), ...waiting.splice(0)]) exchange.settle(result)
  }

  async function tick(): Promise<void> {
    while (!stop.signal.aborted) {
      await clock.sleep(TICK_MS, stop.signal)
      const now = clock.now()
      for (const exchange of pending) {
        if (exchange.deadlineAt > now) break
        exchange.settle(TIMEOUT)
      }
      for (const connection of connections) connection.check(now)
      pump()
      const [, ...spare] = usable()
      for (const connection of spare) if (connection.idleMs(now) >= SPARE_IDLE_MS) connection.drain()
    }
  }

  return {
    ask(request, signal) {
      if (signal.aborted || stop.signal.aborted) return Promise.resolve(STOPPED)
      return new Promise((resolve) => {
        const exchange: Exchange = {
          request,
          deadlineAt: clock.now() + EXCHANGE_MS,
          returns: 0,
          isSettled: false,
          settle(result) {
            if (exchange.isSettled) return
            exchange.isSettled = true
            pending.delete(exchange)
            signal.removeEventListener('abort', onAbort)
            if (result.kind === 'fault') exchange.stream?.close(constants.NGHTTP2_CANCEL)
            resolve(result)
          },
        }
        const onAbort = () => exchange.settle(STOPPED)
        signal.addEventListener('abort', onAbort, { once: true })
        pending.add(exchange)
        waiting.push(exchange)
        pump()
      })
    },
    retire() {
      for (const connection of connections) if (connection.state() === 'open') connection.drain()
    },
    count: () => connections.size,
    async [Symbol.asyncDispose]() {
      stop.abort()
      failAll(STOPPED)
      for (const exchange of pending) exchange.settle(STOPPED)
      await Promise.all([...connections].map((connection) => connection.end()))
      await ticking
    },
  }
}
