import type { Clock } from '../lib/clock.ts'
import type { UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import type { AnnounceDeps } from './change-rules.ts'
import { digestsOfUser, rescheduleDigest } from './digests-store.ts'
import { nextDigestAt } from './moment.ts'
import { ownerFactChanged } from './owner-fact-changed.ts'
import { ownerFactsOf } from './owner-facts.ts'
import { ruleOf } from './read-rules.ts'

/** Call it in the transaction that changes the time zone of a user: the user's quiet hours, and their digests, move. */
export async function timeZoneChanged(
  deps: AnnounceDeps & { readonly clock: Clock },
  tx: Transaction,
  userId: UserId,
): Promise<void> {
  await ownerFactChanged(deps, tx, { userId, fact: 'timezone' })
  const rows = await tx.all(digestsOfUser, { userId })
  if (rows.length === 0) return
  const owner = (await ownerFactsOf(tx, rows)).get(userId) ?? {}
  for (const row of rows) {
    // A digest that is due is sent first.
    if (row.digest_at !== null && row.digest_at <= deps.clock.now()) continue
    const rule = ruleOf(row)
    const next = rule && nextDigestAt(rule, owner, deps.clock.now())
    const { scope, kind, rule_id: ruleId } = row
    await tx.run(rescheduleDigest, { userId, scope, kind, ruleId, next: next ?? null })
  }
  tx.onCommit(() => deps.bus.publish('rule ends'))
}
