import type { Queries } from '../storage/query.ts'
import { blobCount, contentBlobsAfter, thumbnailBlobsAfter } from './blob-list-store.ts'

const PAGE = 500

/** A blob that the database names. `size`: in bytes. */
export type ListedBlob = { blob_key: string; size: number }

/** All blobs that the database names, in pages, so that no list of all files is in memory. */
export async function* listBlobs(q: Queries): AsyncGenerator<ListedBlob> {
  for (const pageAfter of [contentBlobsAfter, thumbnailBlobsAfter]) {
    for (let after = ''; ;) {
      const page = await q.all(pageAfter, { after, limit: PAGE })
      yield* page
      if (page.length < PAGE) break
      after = page.at(-1)?.blob_key ?? after
    }
  }
}

export async function countBlobs(q: Queries): Promise<number> {
  const { contents = 0, thumbnails = 0 } = (await q.first(blobCount, {})) ?? {}
  return Number(contents) + Number(thumbnails)
}
