import { DAY_MS, startSweeper } from '../lib/sweeper.ts'
import { BlobStoreError } from './blob-fault.ts'
import type { BlobKey, Blobs } from './blobs.ts'
import type { MediaDeps } from './deps.ts'
import {
  deleteLeftover,
  dueLeftovers,
  expireLeftovers,
  insertLeftover,
  postponeLeftover,
} from './leftover-store.ts'
import { deleteExpired, deleteUnused, unusedContents } from './media-store.ts'
import { deleteThumbnails } from './thumbnail-store.ts'

const EVERY_MS = 600_000
export const BATCH_SIZE = 100
const MAX_FAILURES = 5

type SweepDeps = Pick<MediaDeps, 'db' | 'clock' | 'log' | 'blobs'>

/**
 * Removes at the start and then every ten minutes: media ids that were never used, contents that no media
 * item has, and blobs that no row refers to. Blobs of uploads that a dead process did not end are removed at
 * the start, if no other process serves the database.
 */
export function startMediaSweepers(deps: SweepDeps & { startedAt: number }): AsyncDisposable[] {
  const { db, clock } = deps
  let isFirst = db.isServedAlone
  const every = { everyMs: EVERY_MS, atOnce: BATCH_SIZE }
  return [
    startSweeper(deps, {
      ...every,
      of: 'expired media ids',
      sweep: () =>
        db.transaction((tx) => tx.run(deleteExpired, { now: clock.now(), limit: BATCH_SIZE }), {
          repeatable: true,
        }),
    }),
    startSweeper(deps, { ...every, of: 'unused contents of media', sweep: () => removeUnused(deps) }),
    startSweeper(deps, {
      ...every,
      of: 'blobs that no row refers to',
      async sweep() {
        if (isFirst)
          await db.transaction((tx) => tx.run(expireLeftovers, { before: deps.startedAt }), {
            repeatable: true,
          })
        isFirst = false
        return removeLeftovers(deps)
      },
    }),
  ]
}

/** Removes contents that no media item has, with their thumbnails. Resolves to their number, at most `BATCH_SIZE`. */
export async function removeUnused(deps: SweepDeps): Promise<number> {
  const { db, clock } = deps
  const found = await db.all(unusedContents, { limit: BATCH_SIZE })
  for (const { content_hash: contentHash } of found)
    await db.transaction(
      async (tx) => {
        const content = await tx.first(deleteUnused, { contentHash })
        if (content === undefined) return
        const now = clock.now()
        for (const { blob_key: blobKey } of [content, ...(await tx.all(deleteThumbnails, { contentHash }))])
          // An image that is its own thumbnail has no blob.
          if (blobKey !== '') await tx.run(insertLeftover, { blobKey, now, dueAt: now })
      },
      { repeatable: true },
    )
  if (found.length > 0) await removeLeftovers(deps)
  return found.length
}

/**
 * Removes due blobs from the store. A blob that cannot be removed is tried again later: after ten minutes,
 * and twice as long after each failure, up to a day. Stops after `MAX_FAILURES` failures in a row, because
 * the store does not work. Resolves to the number removed, at most `BATCH_SIZE`.
 */
export async function removeLeftovers({ db, clock, blobs }: SweepDeps): Promise<number> {
  let removed = 0
  let failed = 0
  while (removed < BATCH_SIZE) {
    const now = clock.now()
    const found = await db.all(dueLeftovers, { now, limit: BATCH_SIZE - removed })
    if (found.length === 0) break
    for (const { blob_key: blobKey, failures } of found) {
      if (await isRemoved(blobs, blobKey)) {
        await db.transaction((tx) => tx.run(deleteLeftover, { blobKey }), { repeatable: true })
        removed++
        failed = 0
      } else {
        const dueAt = now + Math.min(EVERY_MS * 2 ** failures, DAY_MS)
        await db.transaction((tx) => tx.run(postponeLeftover, { blobKey, dueAt }), { repeatable: true })
        if (++failed === MAX_FAILURES) return removed
      }
    }
  }
  return removed
}

/** The store reports its failure. */
const isRemoved = (blobs: Blobs, blobKey: BlobKey): Promise<boolean> =>
  blobs.remove(blobKey).then(
    () => true,
    (error: unknown) => {
      if (error instanceof BlobStoreError) return false
      throw error
    },
  )
