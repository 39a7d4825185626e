import { randomBytes } from 'node:crypto'
import {
  type FastifyInstance,
  fastify,
  type FastifyReply,
  type FastifyRequest,
  type InjectOptions,
} from 'fastify'
import type { Config } from '../config/schema.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { unrecognized } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'
import type { Authenticate } from './auth.ts'
import { answerBrokenRequest } from './client-error.ts'
import { boundConnections } from './connections.ts'
import { renderError } from './errors.ts'
import { createHttpMetrics } from './http-metrics.ts'
import { Lifetime } from './lifetime.ts'
import { createLoad } from './load.ts'
import { type Incoming, type OnAnswer, type PipelineDeps, serveRoute, serveUnmatched } from './pipeline.ts'
import type { RateLimiter } from './rate-limit.ts'
import { respond, respondToPreflight } from './respond.ts'
import type { WatchSessions } from './session.ts'
import { pathsOf, type Route } from './route.ts'
import { createUnreadAnswers } from './unread-answers.ts'

export type HttpServerOptions = {
  config: Pick<Config, 'listen' | 'limits' | 'trust_proxy'>
  routes: readonly Route[]
  authenticate: Authenticate
  /** Absent: there are no sessions that end. */
  watchSessions?: WatchSessions
  limiter: RateLimiter
  log: Log
  metrics: Metrics
  clock?: Pick<Clock, 'now'>
  /** Absent in production. */
  onAnswer?: OnAnswer | undefined
}

export type InjectedResponse = {
  statusCode: number
  headers: Record<string, unknown>
  body: string
  json(): unknown
}

export type HttpServer = {
  /** All that it serves. */
  readonly routes: readonly Route[]
  /** Where it listens; `url` has the port that was picked. Rejects with the error of the system (`EADDRINUSE`, …). */
  listen(): Promise<{ url: string; host: string; port: number }>
  /** Stops accepting, ends long polls, waits up to `drainMs` for what is in flight, then cuts it off. */
  close(options?: { drainMs?: number }): Promise<void>
  /** One request without a socket, for tests. */
  inject(options: InjectOptions): Promise<InjectedResponse>
}

const DRAIN_MS = 9_000
const KEEP_ALIVE_MS = 72_000
// Longer than a proxy's own patience; only a peer that has stopped reading or writing altogether is meant.
const SILENCE_AFTER_LONGEST_POLL_MS = 120_000
// Lengths are checked with the ids; Node caps the whole URL at 16 KiB.
const MAX_PARAM_LENGTH = 16_384
const NO_BODY_PARSING = ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY']

/** The HTTP server of one Belfry. Fastify routes; `pipeline.ts` does the rest; neither is seen outside this folder. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { config, log, clock = systemClock } = options
  const lifetime = new Lifetime()
  const requestIds = requestIdMaker()
  const load = createLoad(config.limits, createUnreadAnswers(config.limits, clock))
  const deps: PipelineDeps = {
    config,
    log,
    lifetime,
    authenticate: options.authenticate,
    watchSessions: options.watchSessions ?? (() => () => undefined),
    limiter: options.limiter,
    load,
    metrics: createHttpMetrics(options.metrics, { requests: () => lifetime.requestCount, load }),
    nextRequestId: requestIds,
    onAnswer: options.onAnswer,
  }
  const app = createFastify(options, lifetime)
  addRoutes(app, deps, options.routes)
  app.server.on('connection', (socket) => lifetime.trackSocket(socket))
  boundConnections(app.server, config)

  let closed: Promise<void> | undefined
  return {
    routes: options.routes,
    async listen() {
      await app.listen({ host: config.listen.host, port: config.listen.port })
      const address = app.server.address()
      const port = typeof address === 'object' && address !== null ? address.port : config.listen.port
      const { host } = config.listen
      return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, host, port }
    },
    close({ drainMs = DRAIN_MS } = {}) {
      closed ??= drain(app, lifetime, drainMs)
      return closed
    },
    async inject(request) {
      const response = await app.inject(request)
      const { statusCode, headers, body } = response
      return { statusCode, headers, body, json: () => response.json() as unknown }
    },
  }
}

function createFastify({ config }: HttpServerOptions, lifetime: Lifetime): FastifyInstance {
  const { header_timeout_ms, body_timeout_ms, sync_timeout_max_ms } = config.limits
  const requestTimeout = header_timeout_ms + body_timeout_ms
  const app = fastify({
    logger: false,
    requestTimeout,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionTimeout: sync_timeout_max_ms + requestTimeout + SILENCE_AFTER_LONGEST_POLL_MS,
    http: {
      requestTimeout,
      headersTimeout: header_timeout_ms,
      // Node looks for late requests only this often.
      connectionsCheckingInterval: Math.min(5_000, Math.ceil(header_timeout_ms / 2)),
    },
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // The pipeline answers requests that arrive on open connections while closing, and closes them.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    // Neither is ever asked: the pipeline validates and serialises. Fastify's own would load a hundred modules.
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (_error, request, reply) => {
      const response = reply.raw
      if (request.raw.method === 'OPTIONS') respondToPreflight(response, lifetime.closing)
      else
        respond(
          response,
          renderError(unrecognized(400, 'The path has malformed percent-encoding')),
          lifetime.closing,
        )
    },
  })
  // The pipeline reads bodies itself, after authentication and whatever their content type.
  for (const method of NO_BODY_PARSING) app.addHttpMethod(method, { hasBody: false, overrideExisting: true })
  return app
}

function noCompiler(): never {
  throw new Error('no route has a schema of Fastify')
}

function addRoutes(app: FastifyInstance, deps: PipelineDeps, routes: readonly Route[]): void {
  const patterns = new Map<string, Set<string>>()
  for (const route of routes) {
    for (const at of pathsOf(route)) {
      const serve = serveRoute(deps, route, at)
      app.route({
        method: route.method,
        url: at.path,
        handler: (request, reply) => serve(incoming(request, reply)),
      })
      patterns.set(at.path, (patterns.get(at.path) ?? new Set()).add(route.method))
    }
  }
  const serve = serveUnmatched(deps, patterns)
  app.setNotFoundHandler((request, reply) => serve(incoming(request, reply)))
}

function incoming({ raw, params, query }: FastifyRequest, reply: FastifyReply): Incoming {
  return { request: raw, response: reply.raw, params, query: query as Incoming['query'] }
}

async function drain(app: FastifyInstance, lifetime: Lifetime, drainMs: number): Promise<void> {
  lifetime.shutDown()
  const deadline = setTimeout(() => app.server.closeAllConnections(), drainMs)
  try {
    await app.close()
  } finally {
    clearTimeout(deadline)
  }
}

/** Unique across restarts, so that a line of the log belongs to one request. */
function requestIdMaker(): () => string {
  const start = randomBytes(4).toString('hex')
  let count = 0
  return () => `${start}-${(count++).toString(36)}`
}
