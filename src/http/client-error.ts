import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { CORS_HEADERS } from './respond.ts'

/** `rawPacket`: the bytes that could not be read, as a Buffer. */
type ConnectionError = Error & { code?: string; rawPacket?: unknown }

type RawAnswer = { status: number; errcode: string; message: string }

const LATE = { status: 408, errcode: 'M_UNKNOWN', message: 'The request took too long to arrive' }
const MALFORMED = { status: 400, errcode: 'M_UNRECOGNIZED', message: 'This is not a valid HTTP request' }
const ANSWERS: Record<string, RawAnswer> = {
  ERR_HTTP_REQUEST_TIMEOUT: LATE,
  HPE_HEADER_OVERFLOW: {
    status: 431,
    errcode: 'M_TOO_LARGE',
    message: 'The headers and the URL are larger than the 16 KiB allowed',
  },
}

/** Answers what Node could not read as HTTP, or not in time, and closes the connection. */
export function answerBrokenRequest(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  // Answers to HEAD have no body, and a client that sent it would take one for the next answer.
  const { rawPacket } = error
  const isHead = Buffer.isBuffer(rawPacket) && rawPacket.subarray(0, 5).toString('latin1') === 'HEAD '
  answerAndClose(socket, { ...(ANSWERS[error.code ?? ''] ?? MALFORMED), withBody: !isHead })
}

/** Answers a request whose body does not arrive in time, before anything else has, and closes the connection. */
export function answerLateRequest({ socket, method }: IncomingMessage): void {
  answerAndClose(socket, { ...LATE, withBody: method !== 'HEAD' })
}

/** Writes an answer where there is no HTTP request to answer, and closes the connection. */
export function answerAndClose(
  socket: Socket,
  { status, errcode, message, withBody }: RawAnswer & { withBody: boolean },
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
