import type { UserId } from '../lib/ids.ts'
import { flagBadge } from '../delivery/outbox-store.ts'
import type { Transaction } from '../storage/database.ts'
import type { NotificationDeps } from './deps.ts'

/** Wakes pushers after the commit, when their new items are durable. */
export function wakeOnCommit(deps: NotificationDeps, tx: Transaction, pusherIds: readonly number[]): void {
  if (pusherIds.length > 0) tx.onCommit(() => deps.bus.publish('delivery', pusherIds))
}

/** Call it when the badges of these users changed without an event that would deliver the new value. */
export async function badgeChanged(
  deps: NotificationDeps,
  tx: Transaction,
  userIds: readonly UserId[],
): Promise<void> {
  if (userIds.length > 0) wakeOnCommit(deps, tx, await flagBadge(tx, userIds))
}
