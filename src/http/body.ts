import type { z } from 'zod'

// How a route takes the body of a request. Without one of these, whatever body comes is ignored.

/** JSON as it comes, for a route that cleans it itself (`parseForeignJson`). `limit`: in bytes. */
export type ForeignJson<S extends z.ZodType = z.ZodType> = { kind: 'foreign json'; schema: S; limit: number }
/** The whole body as bytes. `limit`: in bytes; that of the server where absent. */
export type BytesBody = { kind: 'bytes'; limit?: number }
/** The body while it arrives. `limit`: in bytes. Between two pieces it may be silent for `limits.body_timeout_ms`. */
export type StreamBody = { kind: 'stream'; limit: number }
/** A schema alone is JSON (`parseJson`) of the server's own limit. An absent body counts as `{}`. */
export type BodyKind = z.ZodType | ForeignJson | BytesBody | StreamBody

/** `contentType`: as the client says it. */
export type Bytes = { contentType: string | undefined; bytes: Buffer }
/**
 * `chunks` can be read once, and the client sends no faster than it is read. It throws `ClientGone` when the body ends too early or does not
 * go on in time, and a MatrixError 413 when there is more than the limit. `length`: what the client says, at most the limit.
 */
export type ByteStream = {
  contentType: string | undefined
  length: number | undefined
  chunks: AsyncIterable<Buffer>
}

/** What the handler is given as `body`. */
export type BodyOf<Kind> = Kind extends z.ZodType
  ? z.output<Kind>
  : Kind extends ForeignJson<infer S>
    ? z.output<S>
    : Kind extends BytesBody
      ? Bytes
      : Kind extends StreamBody
        ? ByteStream
        : undefined

export function isSchema(kind: BodyKind): kind is z.ZodType {
  return '_zod' in kind
}

/** The schema of a body that is JSON. */
export function schemaOf(kind: BodyKind): z.ZodType | undefined {
  return isSchema(kind) ? kind : kind.kind === 'foreign json' ? kind.schema : undefined
}
