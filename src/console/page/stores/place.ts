import { signal } from '@preact/signals-core'

export const BASE = '/_belfry/console'

/** The place in the console: the path below `BASE`, decoded by segment, and the query. */
export type ScreenPlace = { path: string; segments: readonly string[]; query: URLSearchParams }

export const place = signal<ScreenPlace>(read())

addEventListener('popstate', () => (place.value = read()))

function read(): ScreenPlace {
  const path = location.pathname.slice(BASE.length).replace(/\/+$/, '') || '/'
  const segments = path.split('/').slice(1).filter(Boolean).map(decoded)
  return { path, segments, query: new URLSearchParams(location.search) }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** The URL of a path below `BASE`. Values of the query that are undefined or empty are left out. */
export function hrefOf(path: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '',
  )
  const text = new URLSearchParams(given).toString()
  return `${BASE}${path}${text === '' ? '' : `?${text}`}`
}

/** Shows the screen of a URL of the console. `replace`: without a new entry in the history. */
export function navigate(href: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', href)
  else history.pushState(null, '', href)
  place.value = read()
}

/** The same screen with other values in the query. */
export function setQuery(change: Readonly<Record<string, string | undefined>>): void {
  const query = { ...Object.fromEntries(place.value.query), ...change }
  navigate(hrefOf(place.value.path === '/' ? '/' : place.value.path, query), { replace: true })
}
