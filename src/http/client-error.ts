import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { CORS_HEADERS } from './respond.ts'

/** `rawPacket`: the bytes that could not be read, as a Buffer. */
type ConnectionError = Error & { code?: string; rawPacket?: unknown }

const ANSWERS: Record<string, [status: number, errcode: string, message: string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'M_UNKNOWN', 'The request took too long to arrive'],
  HPE_HEADER_OVERFLOW: [431, 'M_TOO_LARGE', 'The headers and the URL are larger than the 16 KiB allowed'],
}

/** Answers what Node could not read as HTTP, or not in time, and closes the connection. */
export function answerBrokenRequest(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, errcode, message] = ANSWERS[error.code ?? ''] ?? [
    400,
    'M_UNRECOGNIZED',
    'This is not a valid HTTP request',
  ]
  // Answers to HEAD have no body, and a client that sent it would take one for the next answer.
  const { rawPacket } = error
  const isHead = Buffer.isBuffer(rawPacket) && rawPacket.subarray(0, 5).toString('latin1') === 'HEAD '
  answerAndClose(socket, { status, errcode, message, withBody: !isHead })
}

type RawAnswer = { status: number; errcode: string; message: string; withBody: boolean }

/** Writes an answer where there is no HTTP request to answer, and closes the connection. */
export function answerAndClose(socket: Socket, { status, errcode, message, withBody }: RawAnswer): void {
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
