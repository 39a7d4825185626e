import { z } from 'zod'
import { content } from '../http/content.ts'
import { queryBoolean, queryInteger } from '../http/schema.ts'
import { notFound } from '../lib/errors.ts'
import type { BlobKey } from '../media/blobs.ts'
import type { MediaDeps } from '../media/deps.ts'
import { dispositionOf } from '../media/disposition.ts'

// What the routes of downloads and thumbnails share.

export const mediaParams = z.object({ serverName: z.string(), mediaId: z.string() })
/** A longer wait would exceed the timeouts of reverse proxies. */
const MAX_WAIT_MS = 60_000
const DEFAULT_WAIT_MS = 20_000
export const waitFields = {
  timeout_ms: queryInteger({ min: 0, max: Number.MAX_SAFE_INTEGER }).optional(),
}
/** Ignored: there are no media of other servers, and no response is a redirect. */
export const legacyFields = { allow_remote: queryBoolean.optional(), allow_redirect: queryBoolean.optional() }

export function waitOf({ timeout_ms: ms = DEFAULT_WAIT_MS }: { timeout_ms?: number | undefined }): number {
  return Math.min(ms, MAX_WAIT_MS)
}

export const mediaErrors = { 404: ['M_NOT_FOUND'], 504: ['M_NOT_YET_UPLOADED'] }

export const frozen = () =>
  notFound('This server serves media with authentication only, below /_matrix/client/v1/media/')

/** The media type is that of the file. */
export const STORED_BYTES = { mediaType: '*/*' }

/**
 * Client-server API, "Content repository": the headers that keep a file from running scripts in the origin of
 * the server.
 */
const SAFE_HEADERS = {
  'content-security-policy':
    "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; style-src 'unsafe-inline'; object-src 'self';",
  'cross-origin-resource-policy': 'cross-origin',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** The bytes under a media id never change. Only the client may store them, because a download needs a token. */
const CACHE_CONTROL = 'private, max-age=31536000, immutable'

/** `etag`: identifies the bytes. */
export type ServedBlob = {
  size: number
  etag: string
  contentType: string
  filename: string | undefined
} & ({ blobKey: BlobKey } | { image: Uint8Array })

/** The response with a stored blob, streamed from the store, after `checkBlob`. Supports ranges and `If-None-Match`. */
export function mediaResponse({ blobs }: Pick<MediaDeps, 'blobs'>, served: ServedBlob) {
  const { size, etag, contentType, filename } = served
  return content(200, {
    data:
      'image' in served
        ? served.image
        : { size, memory: blobs.readMemory, read: (range) => blobs.read(served.blobKey, range) },
    type: contentType,
    etag,
    cacheControl: CACHE_CONTROL,
    headers: { ...SAFE_HEADERS, 'content-disposition': dispositionOf(contentType, filename) },
  })
}
