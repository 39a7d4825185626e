import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { sharedFor } from '../lib/shared-for.ts'
import { once } from '../lib/once.ts'
import { defineRoute, reply, type Route } from './route.ts'

const SHARED_FOR_MS = 1_000

/** Resolves if a part of the server works, rejects if it does not. */
export type HealthCheck = () => Promise<void>

export type HealthOptions = {
  checks: Readonly<Record<string, HealthCheck>>
  /** Further keys in the response of `/health`: information for operators that is no reason to restart the server. */
  details?: () => Record<string, unknown>
  /** The server stops soon: `/ready` responds 503. */
  isDraining?: () => boolean
  clock: Clock
  log: Log
  /** A check that takes longer fails. */
  timeoutMs?: number
}

const checkStates = once(() => z.record(z.string(), z.enum(['ok', 'failing'])))
// The details are for operators and can change.
const healthy = once(() => z.looseObject({ status: z.enum(['ok', 'failing']), checks: checkStates() }))
const readiness = once(() =>
  z.strictObject({ status: z.enum(['ready', 'failing', 'closing']), checks: checkStates() }),
)

/**
 * `GET /health`: 200 `{"status":"ok"}` or 503 `{"status":"failing"}`, with `ok` or `failing` for each check;
 * the reasons are in the log. `GET /ready`: `/health` without details, and 503 while the server shuts down.
 * It tells a load balancer whether to send requests. Neither needs authentication: all requests within one
 * second share one run of the checks.
 */
export function healthRoutes(options: HealthOptions): Route[] {
  const { clock, log, timeoutMs = 2_000, details = () => ({}), isDraining = () => false } = options
  // Each check is shared as well: a hanging check is not started a second time.
  const checks = Object.entries(options.checks).map(
    ([name, check]) => [name, sharedFor(check, { ms: SHARED_FOR_MS, clock })] as const,
  )
  const lookOnce = async () => {
    const results = await Promise.all(
      checks.map(async ([name, check]) => {
        try {
          await within(timeoutMs, check)
          return [name, 'ok'] as const
        } catch (error) {
          log.warn({ err: error, check: name }, 'health check failed')
          return [name, 'failing'] as const
        }
      }),
    )
    return { isWell: results.every(([, state]) => state === 'ok'), checks: Object.fromEntries(results) }
  }
  const look = sharedFor(lookOnce, { ms: SHARED_FOR_MS, clock })
  const health = defineRoute({
    method: 'GET',
    path: '/health',
    auth: 'none',
    limit: 'none',
    summary: 'Whether the server works',
    response: { 200: healthy, 503: healthy },
    handler: async () => {
      const { isWell, checks: states } = await look()
      return reply(isWell ? 200 : 503, { status: isWell ? 'ok' : 'failing', checks: states, ...details() })
    },
  })
  const ready = defineRoute({
    method: 'GET',
    path: '/ready',
    auth: 'none',
    limit: 'none',
    summary: 'Whether to send requests to this server',
    response: { 200: readiness, 503: readiness },
    handler: async ({ signal }) => {
      const { isWell, checks: states } = await look()
      const status = signal.aborted || isDraining() ? 'closing' : isWell ? 'ready' : 'failing'
      return reply(status === 'ready' ? 200 : 503, { status, checks: states })
    },
  })
  return [health, ready]
}

async function within(ms: number, check: HealthCheck): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no response within ${ms} ms`)), ms)
  try {
    await Promise.race([check(), promise])
  } finally {
    clearTimeout(timer)
  }
}
