import { signal } from '@preact/signals-core'

// Requests to this server. The session is a cookie that scripts cannot read; the header proves that a page of
// the console sends the request.

export const SCHEME = location.protocol === 'https:' ? 'https' : 'http'
const CONSOLE_HEADER = 'X-Belfry-Console'

/** The difference between the clock of the server and the clock of this browser, in milliseconds. */
export const clockOffset = signal(0)
/** Incremented when the server refuses the session. */
export const refusedSessions = signal(0)

/** An error response of the server, or no response (status 0). */
export class ApiError extends Error {
  readonly status: number
  readonly errcode: string
  constructor(status: number, errcode: string, message: string) {
    super(message)
    this.status = status
    this.errcode = errcode
  }
}

type RequestOptions = {
  body?: unknown
  signal?: AbortSignal | undefined
  /** Instead of the cookie. */
  token?: string
  headers?: Readonly<Record<string, string>>
}

/** Sends a request to a path of this server. @throws ApiError without a response */
export async function request(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
  const { body, token, signal: abort, headers = {} } = options
  try {
    const response = await fetch(path, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      headers: {
        ...(token === undefined ? { [CONSOLE_HEADER]: SCHEME } : { Authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(abort !== undefined && { signal: abort }),
    })
    noteClock(response)
    return response
  } catch (error) {
    if (abort?.aborted === true) throw error
    throw new ApiError(0, '', String(error))
  }
}

/** Resolves to the JSON of a 200 response. @throws ApiError */
export async function call<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const response = await request(method, path, options)
  if (!response.ok) throw await errorOf(response, options.token === undefined)
  return (await response.json()) as T
}

export const get = <T>(path: string, abort?: AbortSignal): Promise<T> =>
  call<T>('GET', path, { signal: abort })

/** `usesCookie`: a 401 response then means that the session has ended. */
export async function errorOf(response: Response, usesCookie: boolean): Promise<ApiError> {
  if (response.status === 401 && usesCookie) refusedSessions.value++
  const body = (await response.json().catch(() => ({}))) as { errcode?: string; error?: string }
  return new ApiError(response.status, body.errcode ?? '', body.error ?? '')
}

/** The path with query parameters; those that are undefined or empty are left out. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  const text = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString()
  return text === '' ? path : `${path}?${text}`
}

/** The header has whole seconds, so half a second is added. */
function noteClock(response: Response): void {
  const date = Date.parse(response.headers.get('date') ?? '')
  if (!Number.isNaN(date)) clockOffset.value = date + 500 - Date.now()
}
