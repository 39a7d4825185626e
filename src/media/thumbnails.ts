import { MatrixError, tooLarge } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import type { BlobKey } from './blobs.ts'
import { checkBlob, hasBlob } from './check-blob.ts'
import type { MediaDeps } from './deps.ts'
import type { FoundMedia } from './find-media.ts'
import { insertLeftover } from './leftover-store.ts'
import { lockContent } from './media-store.ts'
import { recordBlob, storeNewBlob } from './new-blob.ts'
import { sniff, SNIFFED_BYTES, type SniffedImage } from './sniff.ts'
import type { ThumbnailResult } from './thumbnail-job.ts'
import { type ThumbnailSize, thumbnailSizeFor } from './thumbnail-size.ts'
import { deleteThumbnail, insertThumbnail, thumbnailOf } from './thumbnail-store.ts'

/** An image of more bytes is not read into memory. */
const MAX_SOURCE_BYTES = 33_554_432

export type ThumbnailWanted = ThumbnailSize & { animated: boolean; userId: UserId | undefined }

/** A stored blob, or the bytes of a thumbnail that could not be stored. */
export type Thumbnail = { contentType: string; size: number; etag: string } & (
  | { blobKey: BlobKey }
  | { image: Uint8Array }
)

/**
 * Resolves to a thumbnail of an image, which is made and stored at the first request; or to the image itself,
 * if it is not larger.
 * @throws MatrixError 400 if there can be none; 404 if the store has lost the image; 413 if the image is too
 *   large; 429; StorageError
 */
export async function findThumbnail(
  deps: MediaDeps,
  media: FoundMedia,
  wanted: ThumbnailWanted,
): Promise<Thumbnail> {
  const image = sniff(await bytesOf(deps, media, SNIFFED_BYTES))
  if (image === undefined) throw cannotThumbnail()
  // A JPEG and a plain PNG have one frame.
  const animated = wanted.animated && (image.format === 'gif' || image.format === 'webp')
  const size = thumbnailSizeFor(wanted)
  const key = { contentHash: media.contentHash, ...size, isAnimated: animated ? (1 as const) : (0 as const) }
  const stored = await deps.db.first(thumbnailOf, key)
  if (stored !== undefined) {
    const { blob_key: blobKey, content_type: contentType, size: bytes } = stored
    if (blobKey === '') return originalOf(deps, media, image)
    if (await hasBlob(deps, { blobKey, size: bytes }))
      return { blobKey, contentType, size: bytes, etag: etagOf(key) }
    await forgetThumbnail(deps, { ...key, blobKey })
  }
  if (!deps.settings.thumbnails) return originalWithout(deps, { media, image, animated })
  const name = Object.values(key).join(' ')
  return deps.thumbnailsInProgress.once(name, () => makeAndStore(deps, { media, image, key, wanted }))
}

/** The next request makes a lost thumbnail again. A part of its blob may be left. */
async function forgetThumbnail({ db, clock }: MediaDeps, key: Key & { blobKey: BlobKey }): Promise<void> {
  const now = clock.now()
  await db.transaction(
    async (tx) => {
      if ((await tx.run(deleteThumbnail, key)) > 0)
        await tx.run(insertLeftover, { blobKey: key.blobKey, now, dueAt: now })
    },
    { repeatable: true },
  )
}

type Key = { contentHash: string; isAnimated: 0 | 1 } & ThumbnailSize
type Making = { media: FoundMedia; image: SniffedImage; key: Key; wanted: ThumbnailWanted }

async function makeAndStore(deps: MediaDeps, making: Making): Promise<Thumbnail> {
  const { media, image, key, wanted } = making
  if (media.size > MAX_SOURCE_BYTES) throw tooLargeToThumbnail()
  const result = await deps.thumbnailer.make(
    {
      width: key.width,
      height: key.height,
      method: key.method,
      readImage: () => bytesOf(deps, media, media.size),
      format: image.format,
      animated: key.isAnimated === 1,
      maxPixels: deps.settings.thumbnail_max_pixels,
    },
    wanted.userId ?? '',
  )
  switch (result.kind) {
    case 'made':
      return storeThumbnail(deps, key, result)
    case 'original':
      return storeOriginal(deps, making)
    case 'unavailable':
      return originalWithout(deps, { media, image, animated: key.isAnimated === 1 })
    case 'undecodable':
      throw cannotThumbnail()
    case 'late':
    case 'too large':
      throw tooLargeToThumbnail()
  }
}

/** A thumbnail is also served when it cannot be stored. */
async function storeThumbnail(
  deps: MediaDeps,
  key: Key,
  { image, contentType }: ThumbnailResult & { kind: 'made' },
): Promise<Thumbnail> {
  const size = image.byteLength
  try {
    await storeNewBlob(deps, size, async (blob) => {
      await blob.write(image)
      await blob.keep()
      return deps.db.transaction(
        async (tx) => {
          // No thumbnail of a content that is being removed.
          if ((await tx.run(lockContent, key)) === 0) return false
          const row = { ...key, blobKey: blob.key, contentType, size, now: deps.clock.now() }
          // Another process may have been faster.
          if ((await tx.run(insertThumbnail, row)) === 0) return false
          await recordBlob(deps, tx, blob.key)
          return true
        },
        { repeatable: true },
      )
    })
  } catch (error) {
    if (!(error instanceof MatrixError) || error.status !== 503) throw error
    deps.log.warn({ err: error }, 'media: a thumbnail could not be stored')
  }
  return { image, contentType, size, etag: etagOf(key) }
}

/** Remembers, as a row without a blob, that the image is its own thumbnail. */
async function storeOriginal(deps: MediaDeps, { media, image, key }: Making): Promise<Thumbnail> {
  const { db, clock } = deps
  const original = await originalOf(deps, media, image)
  const row = { ...key, ...original, blobKey: '', now: clock.now() }
  await db
    .transaction(
      async (tx) => {
        if ((await tx.run(lockContent, key)) > 0) await tx.run(insertThumbnail, row)
      },
      { durably: false, repeatable: true },
    )
    .catch(() => undefined)
  return original
}

/** Without thumbnails: the image itself, if it has one frame or may be animated. The type is that of its bytes. */
async function originalWithout(
  deps: MediaDeps,
  { media, image, animated }: { media: FoundMedia; image: SniffedImage; animated: boolean },
): Promise<Thumbnail> {
  if (image.isAnimated && !animated) throw cannotThumbnail()
  return originalOf(deps, media, image)
}

async function originalOf(deps: MediaDeps, media: FoundMedia, { format }: SniffedImage) {
  await checkBlob(deps, media)
  const { blobKey, size, contentHash } = media
  return { blobKey, contentType: `image/${format}`, size, etag: contentHash }
}

const etagOf = ({ contentHash, width, height, method, isAnimated }: Key) =>
  `${contentHash}-${width}-${height}-${method[0]}${isAnimated}`

async function bytesOf({ blobs }: MediaDeps, { blobKey, size }: FoundMedia, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of blobs.read(blobKey, { start: 0, end: Math.min(size, most) })) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const cannotThumbnail = () =>
  new MatrixError(400, 'M_UNKNOWN', 'There can be no thumbnail of this file. Download the file itself')
const tooLargeToThumbnail = () =>
  tooLarge('This image is too large for a thumbnail. Download the file itself')
