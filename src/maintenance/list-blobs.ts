import type { Queries } from '../storage/query.ts'
import type { BlobKey, Blobs } from '../media/blobs.ts'
import { blobCount, contentBlobsAfter, knownBlobs, thumbnailBlobsAfter } from './blob-list-store.ts'

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

/** The blobs in the store to which no row refers. Of one that is removed meanwhile, the row may be gone first. */
export async function* strayBlobs(q: Queries, blobs: Blobs): AsyncGenerator<BlobKey> {
  for await (const page of pagesOf(blobs.list())) {
    const known = new Set((await q.all(knownBlobs, { keys: page })).map((row) => row.blob_key))
    for (const key of page)
      if (!known.has(key) && (await blobs.size(key).catch(() => undefined)) !== undefined) yield key
  }
}

async function* pagesOf(keys: AsyncIterable<BlobKey>): AsyncGenerator<BlobKey[]> {
  let page: BlobKey[] = []
  for await (const key of keys) {
    page.push(key)
    if (page.length < PAGE) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}
