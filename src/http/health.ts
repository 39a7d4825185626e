import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'
import { defineRoute, reply, type Route } from './route.ts'

/** Resolves when that part of the server works, rejects when it does not. */
export type HealthCheck = () => Promise<void>

export type HealthOptions = {
  checks: Readonly<Record<string, HealthCheck>>
  metrics: Metrics
  log: Log
  /** A check that takes longer has failed. */
  timeoutMs?: number
}

/**
 * `GET /health`: 200 `{"status":"ok"}` or 503 `{"status":"failing"}`, with `ok` or `failing` for each check; the reasons are in the log.
 * `GET /metrics`: everything measured, in the text format of Prometheus.
 */
export function healthRoutes(options: HealthOptions): Route[] {
  const { checks, metrics, log, timeoutMs = 2_000 } = options
  const health = defineRoute({
    method: 'GET',
    path: '/health',
    auth: 'none',
    limit: 'none',
    handler: async () => {
      const results = await Promise.all(
        Object.entries(checks).map(async ([name, check]) => {
          try {
            await within(timeoutMs, check)
            return [name, 'ok'] as const
          } catch (error) {
            log.warn({ err: error, check: name }, 'health check failed')
            return [name, 'failing'] as const
          }
        }),
      )
      const isWell = results.every(([, state]) => state === 'ok')
      return reply(isWell ? 200 : 503, {
        status: isWell ? 'ok' : 'failing',
        checks: Object.fromEntries(results),
      })
    },
  })
  const scrape = defineRoute({
    method: 'GET',
    path: '/metrics',
    auth: 'none',
    limit: 'none',
    handler: async () =>
      reply(200, await metrics.registry.metrics(), { 'content-type': metrics.registry.contentType }),
  })
  return [health, scrape]
}

async function within(ms: number, check: HealthCheck): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
  try {
    await Promise.race([check(), promise])
  } finally {
    clearTimeout(timer)
  }
}
