import { z } from 'zod'
import type { Config } from '../../src/config/schema.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { Clock } from '../../src/lib/clock.ts'
import type { DeviceId, UserId } from '../../src/lib/ids.ts'
import { createLog, type LogLevel } from '../../src/lib/log.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { createRateLimiter } from '../../src/http/rate-limit.ts'
import { defineRoute, type Requester, type Route } from '../../src/http/route.ts'
import type { Authenticate, AuthenticateService } from '../../src/http/auth.ts'
import type { OnResponse } from '../../src/http/pipeline.ts'
import type { WatchSessions } from '../../src/http/session.ts'
import { createHttpServer, type HttpServer } from '../../src/http/server.ts'
import { assertNoFaults, createResponseCheck } from '../support/response-check.ts'

export const alice: Requester = {
  userId: '@alice:localhost' as UserId,
  deviceId: 'PHONE' as DeviceId,
  isAdmin: false,
}

/** A clock that only moves when the test calls `advance`. */
export function createFixedClock(): Clock & { advance(ms: number): void } {
  let now = 1_000_000
  return { now: () => now, sleep: () => Promise.resolve(), advance: (ms) => void (now += ms) }
}

type Options = {
  listen?: Config['listen']
  limits?: Partial<Config['limits']>
  rates?: Partial<Config['rate_limits']>
  trustProxy?: boolean
  level?: LogLevel
  authenticate?: Authenticate
  authenticateService?: AuthenticateService
  watchSessions?: WatchSessions
  onResponse?: OnResponse
}

/** A server with the routes of the test. Responses must match their schemas; "alice-token" is the only valid token. */
export function startServer(routes: readonly Route[], options: Options = {}) {
  const config = loadConfig({ argv: ['--listen', '127.0.0.1:0'], env: {} })
  const lines: string[] = []
  const clock = createFixedClock()
  const metrics = createMetrics({ processMetrics: false })
  const check = createResponseCheck()
  const server = createHttpServer({
    config: {
      ...config,
      listen: options.listen ?? config.listen,
      trust_proxy: options.trustProxy ?? false,
      limits: { ...config.limits, ...options.limits },
    },
    routes,
    authenticate:
      options.authenticate ?? ((token) => Promise.resolve(token === 'alice-token' ? alice : undefined)),
    authenticateService: options.authenticateService,
    ...(options.watchSessions && { watchSessions: options.watchSessions }),
    limiter: createRateLimiter({ ...config.rate_limits, ...options.rates }, clock),
    log: createLog({
      level: options.level ?? 'error',
      stream: { write: (line: string) => void lines.push(line) },
    }),
    metrics,
    clock,
    onResponse: options.onResponse ?? check.onResponse,
  })
  const close: HttpServer['close'] = async (how) => {
    await server.close(how)
    assertNoFaults(check)
  }
  return { server: { ...server, close }, lines, clock, metrics, [Symbol.asyncDispose]: () => close() }
}

export const bearer = { authorization: 'Bearer alice-token' }

/** Responds with the body of the request. */
export const echo = defineRoute({
  method: 'POST',
  path: '/echo',
  auth: 'none',
  limit: 'default',
  body: z.looseObject({}),
  handler: ({ body }) => body,
})
