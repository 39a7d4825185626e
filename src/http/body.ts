import type { z } from 'zod'
import { BoundedMap } from '../lib/bounded-map.ts'

// The kinds of request body. A route without a kind ignores the body.

/** JSON without further checks, for a route that cleans it itself (`parseForeignJson`). `limit`: in bytes. */
export type ForeignJson<S extends z.ZodType = z.ZodType> = { kind: 'foreign json'; schema: S; limit: number }
/** JSON of a client (`parseJson`) with its own limit. `limit`: in bytes. */
export type LargeJson<S extends z.ZodType = z.ZodType> = { kind: 'large json'; schema: S; limit: number }
/**
 * Like `LargeJson`, for bodies that clients send again with each request (`repeatedJson`). The handler must
 * not change the value, which later requests get as well.
 */
export type RepeatedJson<S extends z.ZodType = z.ZodType> = {
  kind: 'repeated json'
  schema: S
  limit: number
  recent: BoundedMap<string, RecentBody>
}
/** A validated body. `size`: that of its text. */
export type RecentBody = { value: unknown; size: number }

/** The size of the recent bodies of a route in sum, in bytes. Their values take some times that. */
const RECENT_BYTES = 262_144
/** Larger bodies are parsed each time. */
export const MAX_RECENT_BYTES = 16_384

/** A body with the same bytes as a recent one is neither parsed nor validated. `limit`: in bytes. */
export const repeatedJson = <S extends z.ZodType>(schema: S, limit: number): RepeatedJson<S> => ({
  kind: 'repeated json',
  schema,
  limit,
  recent: new BoundedMap<string, RecentBody>({ limit: RECENT_BYTES, weightOf: ({ size }) => size }),
})

/** The whole body as bytes. `limit`: in bytes; the server's limit if absent. */
export type BytesBody = { kind: 'bytes'; limit?: number }
/** The body as a stream. `limit`: in bytes. Between two chunks at most `limits.body_timeout_ms` may pass. */
export type StreamBody = { kind: 'stream'; limit: number }
/** A schema alone means JSON (`parseJson`) up to the server's limit. An absent body counts as `{}`. */
export type BodyKind = z.ZodType | ForeignJson | LargeJson | RepeatedJson | BytesBody | StreamBody

/** `contentType`: the header of the request. */
export type Bytes = { contentType: string | undefined; bytes: Buffer }
/**
 * `chunks` can be read once; back-pressure applies to the client. It throws `ClientGone` if the body ends too
 * early or a chunk is late, and a MatrixError 413 if the body exceeds the limit. `length`: the
 * `Content-Length` of the request, at most the limit.
 */
export type ByteStream = {
  contentType: string | undefined
  length: number | undefined
  chunks: AsyncIterable<Buffer>
}

/** The type of a handler's `body`. */
export type BodyOf<Kind> = Kind extends z.ZodType
  ? z.output<Kind>
  : Kind extends ForeignJson<infer S> | LargeJson<infer S> | RepeatedJson<infer S>
    ? z.output<S>
    : Kind extends BytesBody
      ? Bytes
      : Kind extends StreamBody
        ? ByteStream
        : undefined

export function isSchema(kind: BodyKind): kind is z.ZodType {
  return '_zod' in kind
}

/** The schema of a JSON body. */
export function schemaOf(kind: BodyKind): z.ZodType | undefined {
  return isSchema(kind) ? kind : 'schema' in kind ? kind.schema : undefined
}
