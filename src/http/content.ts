import type { ByteRange } from './ranges.ts'
import { Reply, type ReplyWith } from './reply.ts'

/**
 * Bytes of which parts can be read, such as a file. `read` yields exactly the bytes of the range and is
 * called at most once. `memory`: the bytes that reading holds in memory.
 */
export type StoredBytes = {
  size: number
  memory: number
  read: (range: ByteRange) => AsyncIterable<Uint8Array>
}
/** Text of unknown length, sent as it is produced. It must end when the signal of the request aborts. */
export type LiveText = AsyncIterable<string>

/** A body that is not JSON. */
export class Content {
  readonly data: Buffer | StoredBytes | LiveText
  /** In quotes. */
  readonly etag: string | undefined

  constructor(data: Content['data'], etag: string | undefined) {
    this.data = data
    this.etag = etag
  }
}

export type ContentOptions = {
  data: string | Uint8Array | StoredBytes | LiveText
  /** The media type with its parameters. */
  type: string
  /**
   * Identifies exactly these bytes; 1 to 64 of `A-Z a-z 0-9 - _`. With an ETag a 200 response supports ranges
   * and `If-None-Match` (304). Without one there are no ranges, because the parts could belong to different
   * versions of the content.
   */
  etag?: string
  /** `Cache-Control`. */
  cacheControl?: string
  headers?: Readonly<Record<string, string>>
}

/** A response that is not JSON. @throws Error if `etag` is malformed */
export function content<const Status extends number>(
  status: Status,
  { data, type, etag, cacheControl, headers }: ContentOptions,
): ReplyWith<Status, Content> {
  if (etag !== undefined && !/^[\w-]{1,64}$/.test(etag))
    throw new Error('an ETag must have 1 to 64 characters of A-Z a-z 0-9 - _')
  const quoted = etag && `"${etag}"`
  const inMemory = typeof data === 'string' || data instanceof Uint8Array
  return new Reply(status, new Content(inMemory ? bytesOf(data) : data, quoted), {
    ...headers,
    'content-type': type,
    ...(quoted !== undefined && { etag: quoted, 'accept-ranges': 'bytes' }),
    ...(cacheControl !== undefined && { 'cache-control': cacheControl }),
  }) as ReplyWith<Status, Content>
}

function bytesOf(data: string | Uint8Array): Buffer {
  return typeof data === 'string'
    ? Buffer.from(data)
    : Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}

export function isLive(data: Content['data']): data is LiveText {
  return Symbol.asyncIterator in data
}
