import type { UserId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'
import { badgeMessages, badgeSize, emptyBadge, fillWithInvitations, fillWithUnread } from './badge-store.ts'

/** What the number on an icon counts: rooms with something unread, or what is unread in them. Invitations count one each. */
export type BadgeMeaning = 'rooms' | 'messages'

/** The number on a user's badge; 0 for users without pushers. */
export async function badgeOf(q: Queries, userId: UserId, meaning: BadgeMeaning = 'rooms'): Promise<number> {
  if (meaning === 'messages') return (await q.first(badgeMessages, { userId }))?.messages ?? 0
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
