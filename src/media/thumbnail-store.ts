import { query } from '../storage/query.ts'

type ThumbnailKey = {
  contentHash: string
  width: number
  height: number
  method: 'crop' | 'scale'
  isAnimated: 0 | 1
}

/** `blob_key` is empty if the image is its own thumbnail. */
export const thumbnailOf = query<ThumbnailKey>()((db, p) =>
  db
    .selectFrom('media_thumbnails')
    .select(['blob_key', 'content_type', 'size'])
    .where('content_hash', '=', p.contentHash)
    .where('width', '=', p.width)
    .where('height', '=', p.height)
    .where('method', '=', p.method)
    .where('is_animated', '=', p.isAnimated),
)

/** Changes no row if this thumbnail is stored already. */
export const insertThumbnail = query<
  ThumbnailKey & { blobKey: string; contentType: string; size: number; now: number }
>()((db, p) =>
  db
    .insertInto('media_thumbnails')
    .values({
      content_hash: p.contentHash,
      width: p.width,
      height: p.height,
      method: p.method,
      is_animated: p.isAnimated,
      blob_key: p.blobKey,
      content_type: p.contentType,
      size: p.size,
      created_at: p.now,
    })
    .onConflict((conflict) => conflict.doNothing()),
)

export const deleteThumbnails = query<{ contentHash: string }>()((db, p) =>
  db.deleteFrom('media_thumbnails').where('content_hash', '=', p.contentHash).returning('blob_key'),
)

/** Deletes a thumbnail if it still has this blob. */
export const deleteThumbnail = query<ThumbnailKey & { blobKey: string }>()((db, p) =>
  db
    .deleteFrom('media_thumbnails')
    .where('content_hash', '=', p.contentHash)
    .where('width', '=', p.width)
    .where('height', '=', p.height)
    .where('method', '=', p.method)
    .where('is_animated', '=', p.isAnimated)
    .where('blob_key', '=', p.blobKey),
)
