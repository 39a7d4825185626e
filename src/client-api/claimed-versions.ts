import { pathsOf, type Route } from '../http/route.ts'
import { ABSENT, INTRODUCED, OPTIONAL } from './specification-table.ts'

// The prefixes r0 and v3 serve the same endpoints, so all versions of the first row of the table are claimed together.
const R0 = ['r0.0.1', 'r0.1.0', 'r0.2.0', 'r0.3.0', 'r0.4.0', 'r0.5.0', 'r0.6.0', 'r0.6.1']
/** Versions that add no endpoints are claimed with the version before them. */
const V1 = Array.from({ length: 19 }, (_, minor) => `v1.${minor + 1}`)

const patterns = Object.keys({ ...OPTIONAL, ...ABSENT }).map((pattern) => new RegExp(pattern))

/** The endpoints of a row of the table, as `METHOD /path`. */
export function endpointsOf(row: string): string[] {
  return row
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .flatMap((line) => {
      const [methods = '', path = ''] = line.split(' ')
      return methods.split(',').map((method) => `${method} ${path}`)
    })
}

/** Whether a version can be claimed without the endpoint. */
export const isOptional = (endpoint: string): boolean => patterns.some((pattern) => pattern.test(endpoint))

/** The required endpoints of a version that no route serves. */
export function missingOf(version: string, routes: readonly Route[]): string[] {
  return missing(version, servedBy(routes))
}

/** Whether one of the routes serves the endpoint, `METHOD /path`. */
export const serves = (routes: readonly Route[], endpoint: string): boolean => servedBy(routes)(endpoint)

function missing(version: string, isServed: (endpoint: string) => boolean): string[] {
  return endpointsOf(INTRODUCED[version] ?? '').filter(
    (endpoint) => !isOptional(endpoint) && !isServed(endpoint),
  )
}

/**
 * The versions of the specification that these routes serve (client-server API, "API Versions"): each version
 * up to the first one with a required endpoint that no route serves.
 */
export function claimedVersions(routes: readonly Route[]): string[] {
  const isServed = servedBy(routes)
  if (missing('r0.6.1', isServed).length > 0) return []
  const end = V1.findIndex((version) => missing(version, isServed).length > 0)
  return [...R0, ...V1.slice(0, end === -1 ? undefined : end)]
}

function servedBy(routes: readonly Route[]): (endpoint: string) => boolean {
  const served = routes.flatMap((route) =>
    pathsOf(route).map(({ path }) => ({ method: route.method, parts: path.split('/') })),
  )
  return (endpoint) => {
    const [method, path = ''] = endpoint.split(' ')
    const wanted = path.split('/')
    return served.some(
      (one) =>
        one.method === method &&
        one.parts.length === wanted.length &&
        one.parts.every((part, at) => part === wanted[at] || part.startsWith(':')),
    )
  }
}
