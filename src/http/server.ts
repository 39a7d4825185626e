import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Config } from '../config/schema.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'
import { createServer } from '../lib/node-http.ts'
import type { Authenticators } from './auth.ts'
import { respondToBrokenRequest } from './client-error.ts'
import { boundConnections, type OpenConnections } from './connections.ts'
import { createHttpMetrics } from './http-metrics.ts'
import { Lifetime } from './lifetime.ts'
import { type FurtherSockets, listen } from './listen.ts'
import { createLoad } from './load.ts'
import { endRequest, type OnResponse, type PipelineDeps, serveRoutes } from './pipeline.ts'
import type { RateLimiter } from './rate-limit.ts'
import type { WatchSessions } from './session.ts'
import type { Route } from './route.ts'
import { createUnreadResponses } from './unread-responses.ts'

export type HttpServerOptions = Authenticators & {
  config: Pick<Config, 'listen' | 'limits' | 'trust_proxy'>
  routes: readonly Route[]
  /** Absent: sessions never end. */
  watchSessions?: WatchSessions
  limiter: RateLimiter
  log: Log
  metrics: Metrics
  clock?: Pick<Clock, 'now'>
  /** Absent in production. */
  onResponse?: OnResponse | undefined
}

export type HttpServer = {
  /** All routes of the server. */
  readonly routes: readonly Route[]
  /** Starts to listen; `url` contains the actual port. Rejects with the system error (`EADDRINUSE`, …). */
  listen(): Promise<{ url: string; host: string; port: number }>
  /**
   * Stops accepting, aborts long polls, waits up to `drainMs` for requests in flight, then closes their
   * connections.
   */
  close(options?: { drainMs?: number }): Promise<void>
}

const DRAIN_MS = 9_000
const KEEP_ALIVE_MS = 72_000
// Longer than the idle timeout of a proxy; only for a peer that has stopped reading and writing.
const SILENCE_AFTER_LONGEST_POLL_MS = 120_000
/** The HTTP server of Belfry: `node:http` with limits; `pipeline.ts` serves the requests. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { config, log, clock = systemClock } = options
  const lifetime = new Lifetime((context) => endRequest(deps, context))
  const load = createLoad(config.limits, createUnreadResponses(config.limits, clock))
  const deps: PipelineDeps = {
    config,
    log,
    lifetime,
    authenticate: options.authenticate,
    authenticateService: options.authenticateService,
    watchSessions: options.watchSessions ?? (() => () => undefined),
    limiter: options.limiter,
    load,
    metrics: createHttpMetrics(options.metrics, { requests: () => lifetime.requestCount, load }),
    nextRequestId: requestIdMaker(),
    onResponse: options.onResponse,
  }
  const server = createBoundedServer(config.limits)
  const serve = serveRoutes(deps, options.routes)
  server.on('request', (request, response) => serve(request, response, { awaitsContinue: false }))
  // Without this listener, Node asks for the body before the request is authenticated.
  server.on('checkContinue', (request, response) => serve(request, response, { awaitsContinue: true }))
  server.on('clientError', respondToBrokenRequest)
  const connections = boundConnections(server, config)

  let furtherSockets: FurtherSockets = []
  let closed: Promise<void> | undefined
  return {
    routes: options.routes,
    async listen() {
      const { host } = config.listen
      const { port, furtherSockets: others } = await listen(server, config.listen)
      furtherSockets = others
      return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, host, port }
    },
    close({ drainMs = DRAIN_MS } = {}) {
      closed ??= drain({ server, lifetime, connections }, { furtherSockets, drainMs })
      return closed
    },
  }
}

function createBoundedServer(limits: Config['limits']): Server {
  const { header_timeout_ms, body_timeout_ms, sync_timeout_max_ms } = limits
  const server = createServer({
    // Each body has its own deadline (`body-deadline.ts`), and a streamed body may take longer.
    requestTimeout: 0,
    headersTimeout: header_timeout_ms,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // The interval at which Node checks for late headers.
    connectionsCheckingInterval: Math.min(5_000, Math.ceil(header_timeout_ms / 2)),
  })
  server.timeout = sync_timeout_max_ms + header_timeout_ms + body_timeout_ms + SILENCE_AFTER_LONGEST_POLL_MS
  return server
}

async function drain(
  { server, lifetime, connections }: { server: Server; lifetime: Lifetime; connections: OpenConnections },
  { furtherSockets, drainMs }: { furtherSockets: FurtherSockets; drainMs: number },
): Promise<void> {
  lifetime.shutDown(connections)
  for (const other of furtherSockets) other.close()
  if (!server.listening) return
  const deadline = setTimeout(() => server.closeAllConnections(), drainMs)
  try {
    const closed = once(server, 'close')
    server.close()
    await closed
  } finally {
    clearTimeout(deadline)
  }
}

/** Ids are unique across restarts, so that each line of the log belongs to one request. */
function requestIdMaker(): () => string {
  const start = randomBytes(4).toString('hex')
  let count = 0
  return () => `${start}-${(count++).toString(36)}`
}
