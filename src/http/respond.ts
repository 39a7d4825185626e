import type { ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { isSmaller, sizeOf } from '../lib/json-size.ts'
import { jsonPieces, PIECE_SIZE } from './json-pieces.ts'
import type { Holder, UnreadResponses } from './unread-responses.ts'

// Browsers need these on every response, including errors (client-server API, "Web Browser Clients").
export const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, PUT, DELETE, OPTIONS',
  'access-control-allow-headers': 'X-Requested-With, Content-Type, Authorization',
} as const

export type OutgoingResponse = { status: number; headers?: Readonly<Record<string, string>>; body: unknown }

/**
 * Writes a small JSON response, or one without a body, in one piece. Does nothing if the connection is closed
 * or a response has begun.
 */
export function respond(
  response: ServerResponse,
  outgoing: OutgoingResponse,
  closeConnection: boolean,
): void {
  if (response.headersSent || response.destroyed) return
  const { status, headers = {}, body } = outgoing
  const payload = body === undefined ? undefined : JSON.stringify(body)
  const all: Record<string, string | number> = { ...CORS_HEADERS }
  if (payload !== undefined) {
    all['content-type'] = 'application/json'
    all['content-length'] = Buffer.byteLength(payload)
  }
  if (closeConnection) all['connection'] = 'close'
  response.writeHead(status, Object.assign(all, headers))
  response.end(payload)
}

/** The assumed size of a deferred part: it is unknown before the response begins. */
const DEFERRED_BYTES = 4_194_304

/** How to send a response, and the user and address for which it counts until it is read. */
export type Sending = { closeConnection: boolean; unread: UnreadResponses; holder: Holder }

/** Whether `respond` can write a JSON response, in one piece. */
export function isOnePiece(body: unknown): boolean {
  return body === undefined || isSmaller(body, PIECE_SIZE)
}

/**
 * Writes a large JSON response as the client reads it; other requests run between two pieces. If the client reads
 * nothing for `limits.read_timeout_ms`, the connection is closed.
 * @throws MatrixError 429, before anything is written, if too many responses are unread
 */
export async function respondInPieces(
  response: ServerResponse,
  outgoing: OutgoingResponse,
  { closeConnection, unread, holder }: Sending,
): Promise<void> {
  if (response.headersSent || response.destroyed) return
  const isHead = response.req.method === 'HEAD'
  const hasDeferred = !isSmaller(outgoing.body, Infinity)
  const bytes = sizeOf(outgoing.body) + (hasDeferred ? DEFERRED_BYTES : 0)
  if (!isHead) unread.hold(response, { ...holder, bytes })
  response.writeHead(outgoing.status, {
    ...CORS_HEADERS,
    'content-type': 'application/json',
    ...(closeConnection ? { connection: 'close' } : {}),
    ...outgoing.headers,
  })
  if (isHead || (await writePieces(response, jsonPieces(outgoing.body), unread))) response.end()
}

/**
 * Writes as the client reads; other requests run between two pieces. False: the client disconnected, or its
 * connection was closed.
 */
export async function writePieces(
  response: ServerResponse,
  pieces: AsyncIterable<string | Uint8Array>,
  unread: UnreadResponses,
): Promise<boolean> {
  for await (const piece of pieces) {
    if (response.destroyed) return false
    if (response.write(piece)) await setImmediate()
    else if (!(await unread.drained(response))) return false
  }
  return true
}

/** Responds to a preflight request, for any path and without authentication. A browser may cache it for a day. */
export function respondToPreflight(response: ServerResponse, closeConnection: boolean): void {
  respond(
    response,
    { status: 204, headers: { 'access-control-max-age': '86400' }, body: undefined },
    closeConnection,
  )
}
