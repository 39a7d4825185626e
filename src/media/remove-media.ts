import type { UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import { deleteMediaOfUser, deleteUsage, releaseContentsOfUser } from './media-store.ts'

/** Removes all media of a user, in the same transaction, and resolves to their number. The sweeper removes the contents that nobody else uploaded. */
export async function removeMediaOfUser(tx: Transaction, userId: UserId): Promise<number> {
  await tx.run(releaseContentsOfUser, { userId })
  await tx.run(deleteUsage, { userId })
  return tx.run(deleteMediaOfUser, { userId })
}
