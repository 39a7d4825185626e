import { sql } from 'kysely'
import { query } from '../storage/query.ts'

/** The blobs of uploaded files after one of them, in the order of their keys. */
export const contentBlobsAfter = query<{ after: string; limit: number }>()((db, p) =>
  db
    .selectFrom('media_contents')
    .select(['blob_key', 'size'])
    .where('blob_key', '>', p.after)
    .orderBy('blob_key')
    .limit(p.limit),
)

/** The blobs of thumbnails after one of them. An image that is its own thumbnail has none. */
export const thumbnailBlobsAfter = query<{ after: string; limit: number }>()((db, p) =>
  db
    .selectFrom('media_thumbnails')
    .select(['blob_key', 'size'])
    .where('blob_key', '<>', sql.lit(''))
    .where('blob_key', '>', p.after)
    .orderBy('blob_key')
    .limit(p.limit),
)

/** Which of these blobs have a row, also those that are written now or wait for their removal. */
export const knownBlobs = query<{ keys: readonly string[] }>()((db, p, d) => {
  const keys = d.list(p.keys)
  return db
    .selectFrom('media_contents')
    .select('blob_key')
    .where('blob_key', 'in', keys)
    .union(db.selectFrom('media_thumbnails').select('blob_key').where('blob_key', 'in', keys))
    .union(db.selectFrom('media_leftovers').select('blob_key').where('blob_key', 'in', keys))
})

/** The number of blobs, with those of thumbnails. */
export const blobCount = query()((db) =>
  db.selectNoFrom((eb) => [
    eb
      .selectFrom('media_contents')
      .select((inner) => inner.fn.countAll<number>().as('n'))
      .as('contents'),
    eb
      .selectFrom('media_thumbnails')
      .select((inner) => inner.fn.countAll<number>().as('n'))
      .where('blob_key', '<>', sql.lit(''))
      .as('thumbnails'),
  ]),
)
