import type { UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import { nextPosition } from '../storage/stream.ts'
import { announceRules, type AnnounceDeps } from './change-rules.ts'
import { conditionsLike } from './owner-facts-store.ts'
import { WORDS } from './owner-facts.ts'

/**
 * Call it in the transaction that changes the time zone or the tags of a user. If conditions of the user's
 * rules use them, the rules have changed for later events.
 */
export async function ownerFactChanged(
  deps: AnnounceDeps,
  tx: Transaction,
  { userId, fact }: { userId: UserId; fact: keyof typeof WORDS },
): Promise<void> {
  if ((await tx.first(conditionsLike, { userId, pattern: `%${WORDS[fact]}%` })) === undefined) return
  await announceRules(deps, tx, { userId, position: await nextPosition(tx) })
}
