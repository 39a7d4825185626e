import type { UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import { deleteMedia } from './administration-store.ts'
import { deleteEmptyUsage, deleteMediaOfUser, releaseContents, subtractUsage } from './media-store.ts'

// Only rows that this transaction has deleted are counted, so that another process can upload and remove at the same time. The sweeper removes the
// contents that no other media item has.

/** Removes all media of a user, in the same transaction, and resolves to their number. */
export async function removeMediaOfUser(tx: Transaction, userId: UserId): Promise<number> {
  const removed = await tx.all(deleteMediaOfUser, { userId })
  await takeBack(tx, userId, removed)
  return removed.length
}

/** Removes an uploaded file. Resolves to whether it existed. */
export async function removeMedia(tx: Transaction, mediaId: string): Promise<boolean> {
  const removed = await tx.first(deleteMedia, { mediaId })
  if (removed === undefined) return false
  await takeBack(tx, removed.user_id, [removed])
  return true
}

type Removed = { content_hash: string | null; size: number | null }

async function takeBack(tx: Transaction, userId: UserId, removed: readonly Removed[]): Promise<void> {
  const uses = new Map<string, number>()
  let [files, bytes] = [0, 0]
  for (const { content_hash: hash, size } of removed) {
    // An id that was created and not used.
    if (hash === null) continue
    uses.set(hash, (uses.get(hash) ?? 0) + 1)
    files++
    bytes += size ?? 0
  }
  if (files === 0) return
  // In the order of their names, as another removal takes the locks.
  const rows = [...uses].toSorted(([a], [b]) => (a < b ? -1 : 1))
  await tx.run(releaseContents, { rows: rows.map(([hash, count]) => ({ content_hash: hash, uses: count })) })
  await tx.run(subtractUsage, { userId, files, bytes })
  await tx.run(deleteEmptyUsage, { userId })
}
