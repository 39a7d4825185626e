import type { IncomingHttpHeaders } from 'node:http'

/**
 * The session of the web console is a cookie. It counts only in a request with this header, which pages of
 * other origins cannot send: they need a preflight, and `CORS_HEADERS` does not allow the header. Its value
 * names the cookie.
 */
export const CONSOLE_HEADER = 'x-belfry-console'

/**
 * Names of the cookie by the scheme of the page. Browsers accept the prefix `__Host-` only over https (RFC
 * 6265bis, section 4.1.3.2).
 */
export const CONSOLE_COOKIES = { https: '__Host-belfry', http: 'belfry' } as const

/**
 * The access token in the cookie of the console, or undefined if the request does not come from a page of the
 * console.
 */
export function consoleToken(headers: IncomingHttpHeaders): string | undefined {
  const scheme = headers[CONSOLE_HEADER]
  if (scheme !== 'https' && scheme !== 'http') return undefined
  // Browsers send this header over https and to loopback addresses.
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return undefined
  const start = `${CONSOLE_COOKIES[scheme]}=`
  const cookie = headers.cookie?.split(/; */).find((pair) => pair.startsWith(start))
  const token = cookie?.slice(start.length)
  return token === '' ? undefined : token
}
