import { constants } from 'node:http2'
import type { SecureContext } from 'node:tls'
import type { Clock } from '../../lib/clock.ts'
import type { Proxy } from '../../lib/outbound/proxy.ts'
import { openConnection, type ApnsConnection } from './connection.ts'
import type { ApnsRequest, ApnsExchange, ExchangeResult } from './exchange.ts'

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
  /** New requests use new connections. The present ones end after their requests in flight. */
  retire(): void
  /** The number of connections, including those that are ending. */
  count(): number
}

const TICK_MS = 1000
/** From the start of the wait for a stream to the response. */
const EXCHANGE_MS = 30_000
/** One connection is always kept, as Apple asks. Others are closed when they are not needed. */
const SPARE_IDLE_MS = 5 * 60_000

const STOPPED: ExchangeResult = { kind: 'fault', fault: 'stopped' }
const TIMEOUT: ExchangeResult = { kind: 'fault', fault: 'timeout' }

type Pool = {
  readonly options: ConnectionsOptions
  readonly connections: Set<ApnsConnection>
  /** Oldest first, so that checking the first is enough to find a late one. */
  readonly pending: Set<ApnsExchange>
  readonly waiting: ApnsExchange[]
  /** Sent before the waiting ones, because they have waited already. */
  readonly returned: ApnsExchange[]
  readonly stop: AbortController
  ticking: Promise<void> | undefined
}

export function makeConnections(options: ConnectionsOptions): Connections {
  const connections = new Set<ApnsConnection>()
  const pending = new Set<ApnsExchange>()
  const stop = new AbortController()
  const pool: Pool = { options, connections, pending, waiting: [], returned: [], stop, ticking: undefined }
  return {
    ask(request, signal) {
      if (signal.aborted || stop.signal.aborted) return Promise.resolve(STOPPED)
      return new Promise((resolve) => {
        const exchange = exchangeOf(pool, request, (result) => {
          signal.removeEventListener('abort', onAbort)
          resolve(result)
        })
        const onAbort = () => exchange.settle(STOPPED)
        signal.addEventListener('abort', onAbort, { once: true })
        pending.add(exchange)
        pool.waiting.push(exchange)
        pump(pool)
      })
    },
    retire() {
      for (const connection of connections) if (connection.state() === 'open') connection.drain()
    },
    count: () => connections.size,
    async [Symbol.asyncDispose]() {
      stop.abort()
      failAll(pool, STOPPED)
      for (const exchange of pending) exchange.settle(STOPPED)
      await Promise.all([...connections].map((connection) => connection.end()))
      await pool.ticking
    },
  }
}

function exchangeOf(
  { options, pending }: Pool,
  request: ApnsRequest,
  onSettled: (result: ExchangeResult) => void,
): ApnsExchange {
  const exchange: ApnsExchange = {
    request,
    deadlineAt: options.clock.now() + EXCHANGE_MS,
    returns: 0,
    isSettled: false,
    settle(result) {
      if (exchange.isSettled) return
      exchange.isSettled = true
      pending.delete(exchange)
      if (result.kind === 'fault') exchange.stream?.close(constants.NGHTTP2_CANCEL)
      onSettled(result)
    },
  }
  return exchange
}

function pump(pool: Pool): void {
  for (;;) {
    const queue = pool.returned.length > 0 ? pool.returned : pool.waiting
    const exchange = queue[0]
    if (exchange === undefined) return
    if (exchange.isSettled) {
      queue.shift()
      continue
    }
    const connection = withRoom(pool)
    if (connection === undefined) return makeRoom(pool)
    queue.shift()
    connection.send(exchange)
  }
}

function withRoom({ connections }: Pool): ApnsConnection | undefined {
  for (const connection of connections) if (connection.hasRoom()) return connection
  return undefined
}

const usable = ({ connections }: Pool) =>
  [...connections].filter((one) => one.state() === 'connecting' || one.state() === 'open')

/** Opens one connection at a time: the streams of a new one may be enough. */
function makeRoom(pool: Pool): void {
  const { options, connections, stop, returned } = pool
  if (stop.signal.aborted) return
  const others = usable(pool)
  if (others.length >= options.maxConnections) return
  const now = options.clock.now()
  if (others.some((one) => one.isNew(now))) return
  const connection = openConnection({
    ...options,
    onChange: () => onChange(pool, connection),
    giveBack: (exchange) => void returned.push(exchange),
  })
  connections.add(connection)
  pool.ticking ??= tick(pool)
}

function onChange(pool: Pool, connection: ApnsConnection): void {
  if (connection.state() === 'gone' && pool.connections.delete(connection)) {
    const fault = connection.connectFault()
    // No connection is left. All waiting requests fail now; otherwise each would open a connection again.
    if (fault !== undefined && usable(pool).length === 0) failAll(pool, fault)
  }
  pump(pool)
}

function failAll({ returned, waiting }: Pool, result: ExchangeResult): void {
  for (const exchange of [...returned.splice(0), ...waiting.splice(0)]) exchange.settle(result)
}

async function tick(pool: Pool): Promise<void> {
  const { options, connections, pending, stop } = pool
  const { clock } = options
  while (!stop.signal.aborted) {
    await clock.sleep(TICK_MS, stop.signal)
    const now = clock.now()
    for (const exchange of pending) {
      if (exchange.deadlineAt > now) break
      exchange.settle(TIMEOUT)
    }
    for (const connection of connections) connection.check(now)
    pump(pool)
    const [, ...spare] = usable(pool)
    for (const connection of spare) if (connection.idleMs(now) >= SPARE_IDLE_MS) connection.drain()
  }
}
