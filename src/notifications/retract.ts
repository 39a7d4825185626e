import type { Transaction } from '../storage/database.ts'
import { badgesWithRoom, clearAllRead } from './badge-store.ts'
import type { NotificationDeps } from './deps.ts'
import { type EventPlace, retractOutcomes } from './outcome-store.ts'
import { badgeChanged } from './wake.ts'

/**
 * An event was redacted: it is no longer unread for anybody, whoever had not read it. An invitation stays on the badge of
 * the invited, who are invited still.
 */
export async function retractEvent(
  deps: NotificationDeps,
  tx: Transaction,
  event: EventPlace,
): Promise<void> {
  if (!(await retractOutcomes(tx, event))) return
  const less = deps.badge === 'messages' ? await tx.all(badgesWithRoom, event) : []
  const cleared = await tx.all(clearAllRead, event)
  await badgeChanged(deps, tx, [...new Set([...less, ...cleared].map((row) => row.user_id))])
}
