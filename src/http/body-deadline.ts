import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerLateRequest } from './client-error.ts'

/** The time that a body has to arrive, or a part of it: then it is answered with 408, unless an answer has begun, and cut off. */
export type BodyDeadline = {
  /** From now on. */
  start(): void
  /** While the server itself is what the body waits for. */
  stop(): void
}

const NOTHING_COMES: BodyDeadline = { start: () => undefined, stop: () => undefined }

/** Begins to run. A body that nothing reads counts too. */
export function startBodyDeadline(
  request: IncomingMessage,
  response: ServerResponse,
  ms: number,
): BodyDeadline {
  if (!hasBody(request)) return NOTHING_COMES
  let timer: NodeJS.Timeout | undefined
  const stop = () => clearTimeout(timer)
  const onLate = () => {
    if (request.complete) return
    // An answer of another request of the connection may be on its way.
    if (response.headersSent || response.socket === null) request.socket.destroy()
    else answerLateRequest(request)
  }
  const start = () => {
    stop()
    if (!request.complete && !request.destroyed) timer = setTimeout(onLate, ms)
  }
  request.once('close', stop)
  start()
  return { start, stop }
}

/** RFC 9112, section 6: what says that a request has a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
