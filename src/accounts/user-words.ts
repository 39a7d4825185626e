import type { Clock } from '../lib/clock.ts'
import { localpartOf, type UserId } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import { startSweeper } from '../lib/sweeper.ts'
import { wordsOf } from '../lib/words.ts'
import type { Database, Transaction } from '../storage/database.ts'
import { isReserved } from './names.ts'
import { deleteWords, insertWords, markListed, markNextListed } from './user-words-store.ts'

// The words by which the user directory finds users: those of the name in the user id, and of the display name.

const BATCH_SIZE = 100
const HOUR_MS = 3_600_000

/**
 * Stores the words of a user, in the transaction that creates the user or changes the display name. Internal
 * accounts have none.
 */
export async function storeWords(
  tx: Transaction,
  { userId, displayName }: { userId: UserId; displayName: string | null },
): Promise<void> {
  await tx.run(deleteWords, { userId })
  const words = isReserved(userId) ? [] : wordsOf(`${localpartOf(userId)} ${displayName ?? ''}`)
  if (words.length > 0) await tx.run(insertWords, { userId, words })
  await tx.run(markListed, { userId })
}

/** Stores the words of users that an earlier version created: at the start of the server, in small batches. */
export function startWordSweeper(deps: { db: Database; clock: Clock; log: Log }): AsyncDisposable {
  return startSweeper(deps, {
    of: 'users that the user directory lacked',
    everyMs: HOUR_MS,
    atOnce: BATCH_SIZE,
    sweep: () => storeMissingWords(deps.db),
  })
}

/** Resolves to the number of users. */
export function storeMissingWords(db: Database): Promise<number> {
  return db.transaction(async (tx) => {
    const users = await tx.all(markNextListed, { limit: BATCH_SIZE })
    for (const { user_id: userId, displayname: displayName } of users)
      await storeWords(tx, { userId, displayName })
    return users.length
  })
}
