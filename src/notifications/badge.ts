import type { UserId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'
import { emptyBadge, fillWithInvitations, fillWithUnread } from './badge-store.ts'

/** What the badge counts: unread rooms, or unread notifications. Each invitation counts as 1. */
export type BadgeMeaning = 'rooms' | 'messages'

/** Creates the badge of a user when the first pusher is set. */
export async function startBadge(tx: Queries, userId: UserId): Promise<void> {
  await tx.run(fillWithUnread, { userId })
  await tx.run(fillWithInvitations, { userId })
}

/** Deletes the badge of a user when the last pusher is removed. */
export async function endBadge(tx: Queries, userId: UserId): Promise<void> {
  await tx.run(emptyBadge, { userId })
}
