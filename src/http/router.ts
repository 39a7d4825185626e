import findMyWay from 'find-my-way'
import { once } from '../lib/once.ts'
import type { Method } from './route.ts'

// Node limits the headers and the URL to 16 KiB together; schemas limit the length of ids.
const MAX_PARAM_LENGTH = 16_384

/**
 * The result of a lookup. `query`: a repeated key has a list of values. `methods`: the methods of the path,
 * empty for an unknown path.
 */
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
  /** Segments `:name` of the path are parameters. @throws Error if the path already has this method */
  add(method: Method, path: string, value: T): void
  /** `url`: the raw URL of the request, with its query. A path that supports GET supports HEAD. */
  find(method: string, url: string): FoundRoute<T>
}

/**
 * Maps methods and paths to values. Each segment is percent-decoded once; case and trailing slashes are
 * significant.
 */
export function createRouter<T>(): Router<T> {
  const trees = new Map<string, Tree<T>>()
  return {
    add(method, path, value) {
      const tree = trees.get(method) ?? createTree<T>()
      trees.set(method, tree)
      tree.add(path, value)
    },
    find(method, url) {
      const found = trees.get(method === 'HEAD' ? 'GET' : method)?.find(url)
      if (found !== undefined) return found
      const ofOthers = [...trees].flatMap(([other, tree]) => {
        const there = tree.find(url)
        return there === undefined ? [] : [{ method: other, kind: there.kind }]
      })
      if (ofOthers.some(({ kind }) => kind === 'malformed')) return { kind: 'malformed' }
      return { kind: 'unmatched', methods: withImplied(ofOthers.map((one) => one.method)) }
    },
  }
}

type Tree<T> = {
  add(path: string, value: T): void
  find(url: string): FoundRoute<T> | undefined
}

/**
 * The paths of one method. find-my-way compiles a function for each node: this waits for the first request,
 * because all paths take 20 ms.
 */
function createTree<T>(): Tree<T> {
  const routes = new Map<string, { path: string; value: T }>()
  const compiled = once(() => {
    const tree = findMyWay({ maxParamLength: MAX_PARAM_LENGTH, onBadUrl: neverCalled })
    for (const { path, value } of routes.values()) tree.on('GET', path, neverCalled, { of: value })
    return tree
  })
  return {
    add(path, value) {
      const pattern = path.replaceAll(/:[^/]+/g, ':')
      if (routes.has(pattern)) throw new Error(`two routes have the same method and the path ${path}`)
      routes.set(pattern, { path, value })
    },
    find(url) {
      const found = compiled().find('GET', url)
      if (found === null) return undefined
      // For a URL that it cannot decode, find-my-way returns its own handler, which has no value.
      const store = found.store as { of: T } | null
      if (store === null) return { kind: 'malformed' }
      return { kind: 'route', value: store.of, params: found.params, query: found.searchParams }
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
