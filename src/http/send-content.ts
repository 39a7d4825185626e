import type { ServerResponse } from 'node:http'
import { MatrixError } from '../lib/errors.ts'
import { type Content, isLive, type LiveText, type StoredBytes } from './content.ts'
import { renderError } from './errors.ts'
import { type ByteRange, select } from './ranges.ts'
import { type OutgoingResponse, CORS_HEADERS, respond, type Sending, writePieces } from './respond.ts'
import { type SessionCheck, whileSignedIn } from './session.ts'

type ContentResponse = OutgoingResponse & { body: Content }

/**
 * Writes bytes, all of them or the requested range, as the client reads them.
 * @throws MatrixError 429, before anything is written, if too many responses are unread
 */
export async function sendContent(
  response: ServerResponse,
  outgoing: ContentResponse,
  sending: Sending & { session: SessionCheck | undefined },
): Promise<void> {
  const { data, etag } = outgoing.body
  if (isLive(data)) return sendLive(response, { ...outgoing, data }, sending)
  const size = Buffer.isBuffer(data) ? data.length : data.size
  const { method, headers } = response.req
  const selection =
    etag === undefined || outgoing.status !== 200
      ? { kind: 'whole' as const }
      : select(method, headers, { etag, size })
  switch (selection.kind) {
    case 'whole':
      return sendBytes(response, { ...outgoing, data, range: { start: 0, end: size } }, sending)
    case 'part': {
      const { start, end } = selection
      const part = { ...outgoing.headers, 'content-range': `bytes ${start}-${end - 1}/${size}` }
      return sendBytes(response, { status: 206, headers: part, data, range: { start, end } }, sending)
    }
    case 'not modified': {
      const { 'content-type': _, ...rest } = outgoing.headers ?? {}
      return respond(response, { status: 304, headers: rest, body: undefined }, sending.closeConnection)
    }
    case 'unsatisfiable': {
      const error = new MatrixError(416, 'M_INVALID_PARAM', `Range: the content has only ${size} bytes`)
      const { status, body } = renderError(error)
      const range = { 'content-range': `bytes */${size}` }
      return respond(response, { status, headers: range, body }, sending.closeConnection)
    }
  }
}

type Headed = Pick<OutgoingResponse, 'status' | 'headers'>

async function sendBytes(
  response: ServerResponse,
  { status, headers, data, range }: Headed & { data: Buffer | StoredBytes; range: ByteRange },
  { closeConnection, unread, holder }: Sending,
): Promise<void> {
  if (response.headersSent || response.destroyed) return
  const length = range.end - range.start
  const isStored = !Buffer.isBuffer(data) && length > 0 && response.req.method !== 'HEAD'
  if (isStored) unread.hold(response, { ...holder, bytes: Math.min(length, data.memory) })
  response.writeHead(status, {
    ...CORS_HEADERS,
    ...(closeConnection && { connection: 'close' }),
    ...headers,
    'content-length': length,
  })
  if (Buffer.isBuffer(data)) response.end(data.subarray(range.start, range.end))
  else if (!isStored || (await writePieces(response, exactly(length, data.read(range)), unread)))
    response.end()
}

/** Throws if the source has another length, because the client must not mistake a part of the content for all of it. */
async function* exactly(length: number, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = length
  for await (const piece of pieces) {
    left -= piece.byteLength
    if (left < 0) break
    yield piece
  }
  if (left !== 0)
    throw new Error(`stored bytes: ${left < 0 ? 'more' : 'fewer'} than the ${length} of the range`)
}

/** Closes the connection at the end, so that a shutdown does not wait for the client. */
async function sendLive(
  response: ServerResponse,
  { status, headers, data }: Headed & { data: LiveText },
  { unread, session }: Pick<Sending, 'unread'> & { session: SessionCheck | undefined },
): Promise<void> {
  response.writeHead(status, { ...CORS_HEADERS, ...headers, connection: 'close' })
  const isRead = response.req.method !== 'HEAD'
  if (isRead) {
    response.flushHeaders()
    await writePieces(response, session === undefined ? data : whileSignedIn(data, session), unread)
  }
  response.end()
}
