import type { UserId } from '../lib/ids.ts'
import { flagBadge } from '../delivery/outbox-store.ts'
import type { Transaction } from '../storage/database.ts'
import type { NotificationDeps } from './deps.ts'

/** Wakes pushers, which have new items. Call it after the commit, when the items are durable. */
export const wakePushers = (deps: NotificationDeps) => (pusherIds: readonly number[]) => {
  if (pusherIds.length > 0) deps.bus.publish('delivery', pusherIds)
}

/** Call it when the badges of these users changed without an event that would deliver the new value. */
export function badgeChanged(deps: NotificationDeps, tx: Transaction, userIds: readonly UserId[]): void {
  flagBadge(tx, userIds, wakePushers(deps))
}
