import type { IncomingMessage, ServerResponse } from 'node:http'
import { respondToLateRequest } from './client-error.ts'

/**
 * The deadline of a body, or of its next chunk. After it the connection is closed, with a 408 response if no
 * response has begun.
 */
export type BodyDeadline = {
  /** Starts the deadline, or restarts it. */
  start(): void
  /** Stops the deadline while the client waits for the server. */
  stop(): void
}

/** Nothing arrives any more. */
export const NO_DEADLINE: BodyDeadline = { start: () => undefined, stop: () => undefined }

/** Starts the deadline of a request. It also applies to a body that is never read. */
export function startBodyDeadline(
  request: IncomingMessage,
  response: ServerResponse,
  ms: number,
): BodyDeadline {
  if (!hasBody(request)) return NO_DEADLINE
  let timer: NodeJS.Timeout | undefined
  const stop = () => clearTimeout(timer)
  const onLate = () => {
    if (request.complete) return
    // Writing a 408 could corrupt a response of another request on this connection.
    if (response.headersSent || response.socket === null) request.socket.destroy()
    else respondToLateRequest(request)
  }
  const start = () => {
    stop()
    // A request that is refused before its body was read can have no `close` event. Only its connection keeps
    // the process running.
    if (!request.complete && !request.destroyed) timer = setTimeout(onLate, ms).unref()
  }
  request.once('close', stop)
  start()
  return { start, stop }
}

/** Whether a request has a body (RFC 9112, section 6). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
