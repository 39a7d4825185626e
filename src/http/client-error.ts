import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { STATUS_CODES } from '../lib/node-http.ts'
import { CORS_HEADERS } from './respond.ts'

/** `rawPacket`: the bytes that could not be parsed, as a Buffer. */
type ConnectionError = Error & { code?: string; rawPacket?: unknown }

type RawResponse = { status: number; errcode: string; message: string }

const LATE = {
  status: 408,
  errcode: 'M_UNKNOWN',
  message: 'The request did not arrive in time; send it again',
}
const MALFORMED = { status: 400, errcode: 'M_UNRECOGNIZED', message: 'The request is not valid HTTP' }
const RESPONSES: Record<string, RawResponse> = {
  ERR_HTTP_REQUEST_TIMEOUT: LATE,
  HPE_HEADER_OVERFLOW: {
    status: 431,
    errcode: 'M_TOO_LARGE',
    message: 'The headers and the URL together exceed the limit of 16 KiB',
  },
}

/** Responds to bytes that Node cannot parse as HTTP, or to headers that are late, and closes the connection. */
export function respondToBrokenRequest(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  // A response to HEAD has no body: the client would parse the body as the next response.
  const { rawPacket } = error
  const isHead = Buffer.isBuffer(rawPacket) && rawPacket.subarray(0, 5).toString('latin1') === 'HEAD '
  respondAndClose(socket, { ...(RESPONSES[error.code ?? ''] ?? MALFORMED), withBody: !isHead })
}

/** Responds to a request whose body is late, if no response has begun, and closes the connection. */
export function respondToLateRequest({ socket, method }: IncomingMessage): void {
  respondAndClose(socket, { ...LATE, withBody: method !== 'HEAD' })
}

/** Writes a response directly to a socket, without a valid HTTP request, and closes the connection. */
export function respondAndClose(
  socket: Socket,
  { status, errcode, message, withBody }: RawResponse & { withBody: boolean },
): void {
  const body = JSON.stringify({ errcode, error: message })
  const headers = {
    ...CORS_HEADERS,
    'content-type': 'application/json',
    'content-length': body.length,
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n`
  socket.end(withBody ? head + body : head, () => socket.destroy())
}
