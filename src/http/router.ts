import findMyWay, { type HTTPMethod } from 'find-my-way'
import type { Method } from './route.ts'

// Node limits the headers and the URL to 16 KiB together; schemas limit the length of ids.
const MAX_PARAM_LENGTH = 16_384

/** The result of a lookup. `query`: a repeated key has a list of values. `methods`: the methods of the path, empty for an unknown path. */
export type FoundRoute<T> =
  | {
      kind: 'route'
      value: T
      params: Readonly<Record<string, unknown>>
      query: Readonly<Record<string, unknown>>
    }
  | Unmatched
export type Unmatched = { kind: 'unmatched'; methods: readonly string[] } | { kind: 'malformed' }

export type Router<T> = {
  /** Segments `:name` of the path are parameters. @throws AssertionError if the path already has this method */
  add(method: Method, path: string, value: T): void
  /** `url`: the raw URL of the request, with its query. A path that supports GET supports HEAD. */
  find(method: string, url: string): FoundRoute<T>
}

/** Maps methods and paths to values. Each segment is percent-decoded once; case and trailing slashes are significant. */
export function createRouter<T>(): Router<T> {
  const router = findMyWay({ maxParamLength: MAX_PARAM_LENGTH, onBadUrl: neverCalled })
  const known = new Set<Method>()
  const look = (method: string, url: string): FoundRoute<T> | undefined => {
    const found = router.find(method as HTTPMethod, url)
    if (found === null) return undefined
    // For a URL that it cannot decode, find-my-way returns its own handler, which has no value.
    const value = found.store as { of: T } | null
    if (value === null) return { kind: 'malformed' }
    return { kind: 'route', value: value.of, params: found.params, query: found.searchParams }
  }
  return {
    add(method, path, value) {
      known.add(method)
      router.on(method, path, neverCalled, { of: value })
    },
    find(method, url) {
      const found = look(method === 'HEAD' ? 'GET' : method, url)
      if (found !== undefined) return found
      const ofOthers = [...known].flatMap((other) => {
        const there = look(other, url)
        return there === undefined ? [] : [{ method: other, kind: there.kind }]
      })
      if (ofOthers.some(({ kind }) => kind === 'malformed')) return { kind: 'malformed' }
      return { kind: 'unmatched', methods: withImplied(ofOthers.map((one) => one.method)) }
    },
  }
}

function withImplied(methods: readonly string[]): string[] {
  if (methods.length === 0) return []
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort()
}

function neverCalled(): never {
  throw new Error('the handlers of find-my-way are never called')
}
