import type { UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import { deleteMedia, deleteMediaOfContent, deleteUnread } from './administration-store.ts'
import {
  deleteEmptyUsage,
  deleteMediaOfUser,
  lockOwner,
  releaseContents,
  subtractUsage,
} from './media-store.ts'

// Only rows that this transaction has deleted are counted, so that another process can upload and remove at
// the same time. The sweeper removes the contents that no other media item has.

/** Removes all media of a user, in the same transaction, and resolves to their number. */
export async function removeMediaOfUser(tx: Transaction, userId: UserId): Promise<number> {
  // Before any media item, as an upload does: otherwise each could wait for the other.
  await tx.first(lockOwner, { userId })
  return (await takeBack(tx, await tx.all(deleteMediaOfUser, { userId }))).length
}

/** Removes uploaded files. Resolves to the ids of those that existed. */
export async function removeMedia(tx: Transaction, mediaIds: readonly string[]): Promise<string[]> {
  if (mediaIds.length === 0) return []
  return (await takeBack(tx, await tx.all(deleteMedia, { mediaIds }))).map((row) => row.media_id)
}

/** Removes all media items with a content. Resolves to their number. */
export async function removeMediaOfContent(tx: Transaction, contentHash: string): Promise<number> {
  return (await takeBack(tx, await tx.all(deleteMediaOfContent, { contentHash }))).length
}

/**
 * Removes those of some media items that are still as `unreadMedia` selects them. Resolves to the removed ones.
 * @param unread see `unreadMedia`
 */
export async function removeUnreadMedia(
  tx: Transaction,
  unread: { mediaIds: readonly string[]; before: number; readBefore: number },
): Promise<readonly { size: number }[]> {
  return takeBack(tx, await tx.all(deleteUnread, unread))
}

type Removed = { user_id: UserId; content_hash: string | null; size: number }

/** Takes back the uses of contents and the usage of users that deleted rows had. Returns the rows. */
async function takeBack<Row extends Removed>(
  tx: Transaction,
  removed: readonly Row[],
): Promise<readonly Row[]> {
  const uses = new Map<string, number>()
  const usage = new Map<UserId, { files: number; bytes: number }>()
  for (const { user_id: userId, content_hash: hash, size } of removed) {
    // An id that was created and not used.
    if (hash === null) continue
    uses.set(hash, (uses.get(hash) ?? 0) + 1)
    const { files, bytes } = usage.get(userId) ?? { files: 0, bytes: 0 }
    usage.set(userId, { files: files + 1, bytes: bytes + size })
  }
  if (uses.size > 0) {
    const rows = inOrder(uses).map(([hash, count]) => ({ content_hash: hash, uses: count }))
    await tx.run(releaseContents, { rows })
  }
  for (const [userId, { files, bytes }] of inOrder(usage)) {
    await tx.run(subtractUsage, { userId, files, bytes })
    await tx.run(deleteEmptyUsage, { userId })
  }
  return removed
}

/** As other removals take their locks. */
const inOrder = <Key extends string, Value>(map: ReadonlyMap<Key, Value>): [Key, Value][] =>
  [...map].toSorted(([a], [b]) => (a < b ? -1 : 1))
