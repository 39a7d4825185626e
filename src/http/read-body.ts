import type { IncomingMessage } from 'node:http'
import { tooLarge } from '../lib/errors.ts'
import type { Json } from '../lib/json.ts'
import { type BodyKind, type ByteStream, isSchema, MAX_RECENT_BYTES, type RepeatedJson } from './body.ts'
import { type BodyDeadline, hasBody } from './body-deadline.ts'
import { parseForeignJson, parseJson } from './parse-json.ts'
import { validate } from './validate.ts'

const NOTHING = Buffer.alloc(0)
/**
 * The memory of a chunk beside its bytes, counted so that a body that arrives byte by byte cannot use more
 * memory than it counts.
 */
const PIECE_OVERHEAD = 128
/** The memory of a streamed body: the chunk in use, and the bytes that Node has read ahead. */
export const STREAM_BYTES = 131_072

/** The client disconnected before its request was complete, so no response can be sent. */
export class ClientGone extends Error {
  override name = 'ClientGone'
}

/**
 * A body to be read. `limit`: for kinds without their own limit. `hold` counts bytes in memory and throws if
 * a limit is reached.
 */
export type Arriving = {
  request: IncomingMessage
  limit: number
  hold: (bytes: number) => void
  deadline: BodyDeadline
  /** Called once, directly before the body is read. */
  requestBody: () => void
}

/**
 * Reads a body by its kind; resolves to a `BodyOf`.
 * @throws MatrixError 400, 413, 429; ClientGone
 */
export async function readBody(kind: BodyKind, arriving: Arriving): Promise<unknown> {
  const json = async (
    schema: Parameters<typeof validate>[0],
    limit: number,
    parse: (bytes: Buffer) => Json,
  ) => validate(schema, parse(await readWhole({ ...arriving, limit })), 'body')
  if (isSchema(kind)) return json(kind, arriving.limit, parseJson)
  if (kind.kind === 'foreign json') return json(kind.schema, kind.limit, parseForeignJson)
  if (kind.kind === 'large json') return json(kind.schema, kind.limit, parseJson)
  if (kind.kind === 'repeated json')
    return repeatedBody(kind, await readWhole({ ...arriving, limit: kind.limit }))
  const contentType = arriving.request.headers['content-type']
  if (kind.kind === 'stream') return { contentType, ...openStream({ ...arriving, limit: kind.limit }) }
  return { contentType, bytes: await readWhole({ ...arriving, limit: kind.limit ?? arriving.limit }) }
}

function repeatedBody({ schema, recent }: RepeatedJson, bytes: Buffer): unknown {
  if (bytes.length > MAX_RECENT_BYTES) return validate(schema, parseJson(bytes), 'body')
  // One character for each byte.
  const text = bytes.toString('latin1')
  const known = recent.get(text)
  if (known) return known.value
  const value = validate(schema, parseJson(bytes), 'body')
  recent.set(text, { value, size: bytes.length })
  return value
}

/**
 * Reads the whole body. A body over `limit` bytes is refused as soon as this is known; Node reads and drops the rest,
 * so that the client can read the response.
 */
function readWhole({ request, limit, hold, requestBody }: Arriving): Promise<Buffer> {
  if (!hasBody(request)) return Promise.resolve(NOTHING)
  refuseDeclared(request, limit)
  if (request.destroyed) return Promise.reject(new ClientGone())
  requestBody()

  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const leave = () => {
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone)
    }
    const refuse = (error: unknown) => {
      leave()
      chunks.length = 0
      request.resume()
      reject(error as Error)
    }
    const onData = (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size > limit) return refuse(tooLargeFor(limit))
      try {
        hold(chunk.length + PIECE_OVERHEAD)
      } catch (error) {
        refuse(error)
      }
    }
    const onEnd = () => {
      leave()
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size))
    }
    const onGone = () => {
      leave()
      reject(new ClientGone())
    }
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone)
  })
}

function openStream(arriving: Arriving): Omit<ByteStream, 'contentType'> {
  const { request, limit, hold } = arriving
  refuseDeclared(request, limit)
  if (hasBody(request)) hold(STREAM_BYTES)
  const declared = request.headers['content-length']
  return { length: declared === undefined ? undefined : Number(declared), chunks: chunksOf(arriving) }
}

async function* chunksOf({ request, limit, deadline, requestBody }: Arriving): AsyncGenerator<Buffer> {
  // A handler that stops reading may still respond, so the connection stays open.
  const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>
  let size = 0
  requestBody()
  try {
    for (;;) {
      deadline.start()
      const next = await chunks.next().catch(() => undefined)
      deadline.stop()
      if (next === undefined) throw new ClientGone()
      if (next.done === true) return
      size += next.value.length
      if (size > limit) throw tooLargeFor(limit)
      yield next.value
    }
  } finally {
    await chunks.return?.()
    // The rest is read and dropped, within the deadline.
    request.resume()
    deadline.start()
  }
}

function refuseDeclared({ headers }: IncomingMessage, limit: number): void {
  if (Number(headers['content-length'] ?? 0) > limit) throw tooLargeFor(limit)
}

function tooLargeFor(limit: number) {
  return tooLarge(`The body exceeds the limit of ${limit} bytes`)
}
