import type { ServerResponse } from 'node:http'

// Browsers need these on every answer, errors included (client-server API, "Web Browser Clients").
export const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, PUT, DELETE, OPTIONS',
  'access-control-allow-headers': 'X-Requested-With, Content-Type, Authorization',
} as const

export type Answer = { status: number; headers?: Readonly<Record<string, string>>; body: unknown }

/** The one place that writes an answer. A connection that is gone, or an answer that has begun, is left alone. */
export function respond(response: ServerResponse, answer: Answer, closeConnection: boolean): void {
  if (response.headersSent || response.destroyed) return
  const { status, headers = {}, body } = answer
  const isRaw = 'content-type' in headers && (typeof body === 'string' || body instanceof Uint8Array)
  const payload = body === undefined ? undefined : isRaw ? body : JSON.stringify(body)
  const all: Record<string, string | number> = { ...CORS_HEADERS }
  if (payload !== undefined) {
    all['content-type'] = 'application/json'
    all['content-length'] = Buffer.byteLength(payload)
  }
  if (closeConnection) all['connection'] = 'close'
  response.writeHead(status, Object.assign(all, headers))
  response.end(payload)
}

/** Answers a preflight, for any path and without authentication. A browser may remember it for a day. */
export function respondToPreflight(response: ServerResponse, closeConnection: boolean): void {
  respond(
    response,
    { status: 204, headers: { 'access-control-max-age': '86400' }, body: undefined },
    closeConnection,
  )
}
