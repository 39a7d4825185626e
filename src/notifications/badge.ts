import type { UserId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'
import { badgeSize, emptyBadge, fillWithInvitations, fillWithUnread } from './badge-store.ts'

/** The number on a user's badge: rooms with something unread, invitations among them. 0 for users without pushers. */
export async function badgeOf(q: Queries, userId: UserId): Promise<number> {
  return (await q.first(badgeSize, { userId }))?.rooms ?? 0
}

/** Begins the badge of a user who has just set their first pusher. */
export async function startBadge(tx: Queries, userId: UserId): Promise<void> {
  await tx.run(fillWithUnread, { userId })
  await tx.run(fillWithInvitations, { userId })
}

/** Ends the badge of a user whose last pusher is gone. */
export async function endBadge(tx: Queries, userId: UserId): Promise<void> {
  await tx.run(emptyBadge, { userId })
}
