import type { Transaction } from '../storage/database.ts'
import { badgesWithRoom, clearAllRead } from './badge-store.ts'
import type { NotificationDeps } from './deps.ts'
import { type EventKey, retractOutcomes } from './outcome-store.ts'
import { badgeChanged } from './wake-delivery.ts'

/**
 * An event was redacted: it leaves the unread counts of every member who has not read it. A current
 * invitation stays on the badge of the invited user, who is still invited, and leaves `/notifications`.
 */
export async function retractEvent(deps: NotificationDeps, tx: Transaction, event: EventKey): Promise<void> {
  const before = deps.badge === 'messages' ? await tx.all(badgesWithRoom, event) : []
  if (!(await retractOutcomes(tx, event))) return
  const cleared = await tx.all(clearAllRead, event)
  const now = before.length === 0 ? [] : await tx.all(badgesWithRoom, event)
  const left = new Map(now.map((row) => [row.user_id, row.messages]))
  const less = before.filter((row) => (left.get(row.user_id) ?? 0) < row.messages)
  badgeChanged(deps, tx, [...new Set([...less, ...cleared].map((row) => row.user_id))])
}
