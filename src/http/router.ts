import findMyWay, { type HTTPMethod } from 'find-my-way'
import type { Method } from './route.ts'

// Node caps the headers and the URL at 16 KiB together; how long an id may be is in its schema.
const MAX_PARAM_LENGTH = 16_384

/** What a URL leads to. `query`: a key that comes several times has a list. `methods`: those of the path, none where nothing is there. */
export type Found<T> =
  | {
      kind: 'route'
      value: T
      params: Readonly<Record<string, unknown>>
      query: Readonly<Record<string, unknown>>
    }
  | Unmatched
export type Unmatched = { kind: 'unmatched'; methods: readonly string[] } | { kind: 'malformed' }

export type Router<T> = {
  /** Segments `:name` of the path are parameters. @throws AssertionError when the path has this method already */
  add(method: Method, path: string, value: T): void
  /** `url`: as it stands in the request, with its query. A path that takes GET takes HEAD. */
  find(method: string, url: string): Found<T>
}

/** Maps methods and paths to values. Percent-encoding is decoded once, segment by segment; case and trailing slashes matter. */
export function createRouter<T>(): Router<T> {
  const router = findMyWay({ maxParamLength: MAX_PARAM_LENGTH, onBadUrl: neverCalled })
  const known = new Set<Method>()
  const look = (method: string, url: string): Found<T> | undefined => {
    const found = router.find(method as HTTPMethod, url)
    if (found === null) return undefined
    // Of a URL that it cannot decode it finds its own handler, which has no value.
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
  throw new Error('routes are found, not called, here')
}
