import { z } from 'zod'
import { named, type ErrorCodes } from './response.ts'
import type { Route } from './route.ts'

/** Client-server API, "Standard error response", with the additional keys of this server. */
export const matrixError = named('MatrixError', () =>
  z.strictObject({
    errcode: z.string(),
    error: z.string(),
    retry_after_ms: z.int().min(0).optional(),
    soft_logout: z.boolean().optional(),
    current_version: z.string().describe('The current version of the key backup').optional(),
    'org.belfry.quota': z.string().describe('The setting of the exhausted quota').optional(),
    'org.belfry.reason': z.string().optional(),
  }),
)

/** Errors of a URL that matches no route or cannot be decoded. */
export const UNMATCHED_ERRORS: ErrorCodes = {
  400: ['M_UNRECOGNIZED'],
  404: ['M_UNRECOGNIZED'],
  405: ['M_UNRECOGNIZED'],
  429: ['M_LIMIT_EXCEEDED'],
}

/** All error codes of a route by status: the declared ones, and the ones that follow from its declaration. */
export function errorsOf(route: Route): ErrorCodes {
  const codes = new Map<number, Set<string>>()
  const add = (status: number, ...more: readonly string[]) => {
    codes.set(status, new Set([...(codes.get(status) ?? []), ...more]))
  }
  // A NUL in the URL, or a path or query that does not match its schema.
  add(400, 'M_INVALID_PARAM')
  if (route.query !== undefined) add(400, 'M_MISSING_PARAM')
  if (route.body !== undefined) {
    add(400, 'M_NOT_JSON', 'M_BAD_JSON', 'M_MISSING_PARAM')
    add(413, 'M_TOO_LARGE')
  }
  if (needsToken(route)) add(401, 'M_MISSING_TOKEN', 'M_UNKNOWN_TOKEN')
  if (route.auth === 'optional') add(401, 'M_UNKNOWN_TOKEN')
  if (needsToken(route) || route.auth === 'optional') {
    if (route.openTo !== 'locked') add(401, 'M_USER_LOCKED')
    if (route.openTo === 'active') add(403, 'M_USER_SUSPENDED')
  }
  if (needsToken(route) && route.auth !== 'user') add(403, 'M_FORBIDDEN')
  if (route.limit !== 'none') add(429, 'M_LIMIT_EXCEEDED')
  add(500, 'M_UNKNOWN')
  // The server is shutting down, or the database is full, damaged or unavailable.
  add(503, 'M_UNKNOWN', 'ORG.BELFRY.STORAGE_FULL', 'ORG.BELFRY.STORAGE_UNAVAILABLE')
  for (const [status, named] of Object.entries(route.errors ?? {})) add(Number(status), ...named)
  return Object.fromEntries([...codes].map(([status, all]) => [status, [...all]]))
}

function needsToken({ auth }: Route): boolean {
  return typeof auth === 'string' && auth !== 'optional' && auth !== 'none'
}
