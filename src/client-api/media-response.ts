import { content } from '../http/content.ts'
import { MatrixError } from '../lib/errors.ts'
import type { BlobKey } from '../media/blobs.ts'
import type { MediaDeps } from '../media/deps.ts'
import { dispositionOf } from '../media/disposition.ts'

/** The media type is that of the file. */
export const STORED_BYTES = { mediaType: '*/*' }

/** Client-server API, "Content repository": the headers that keep a file from running scripts in the origin of the server. */
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
  blobKey: BlobKey
  size: number
  etag: string
  contentType: string
  filename: string | undefined
}

/**
 * The response with a stored blob, streamed from the store. Supports ranges and `If-None-Match`.
 * @throws MatrixError 502 if the store has lost the blob
 */
export async function mediaResponse(
  { blobs, log }: Pick<MediaDeps, 'blobs' | 'log'>,
  { blobKey, size, etag, contentType, filename }: ServedBlob,
) {
  if ((await blobs.size(blobKey)) !== size) {
    log.error({ blob: blobKey, store: blobs.place }, 'media: the store has lost a blob, or a part of it')
    throw new MatrixError(502, 'M_UNKNOWN', 'The server has lost this file. Upload it again')
  }
  return content(200, {
    data: { size, read: (range) => blobs.read(blobKey, range) },
    type: contentType,
    etag,
    cacheControl: CACHE_CONTROL,
    headers: { ...SAFE_HEADERS, 'content-disposition': dispositionOf(contentType, filename) },
  })
}
