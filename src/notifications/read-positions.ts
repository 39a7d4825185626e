import type { RoomId, UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { clearIfRead, unreadOnBadge } from './badge-store.ts'
import type { NotificationDeps } from './deps.ts'
import {
  ALL_THREADS,
  advanceRow,
  advanceThread,
  dropPassedThreads,
  advanceRoomIfRead,
  moveThread,
} from './read-positions-store.ts'
import { badgeChanged } from './wake-delivery.ts'

/** `threadId`: '' for all threads, 'main', or the event id of a thread's root. */
export type ReadUpTo = { userId: UserId; roomId: RoomId; threadId: string; position: number }

/**
 * A member has read a room, or one of its threads, up to a position. Resolves to whether the position moved forward. A
 * position further back is ignored, and so is a user who is not a member.
 */
export async function markRead(deps: NotificationDeps, tx: Transaction, read: ReadUpTo): Promise<boolean> {
  const before = await unreadBefore(deps, tx, read)
  const moved = await tx.first(read.threadId === ALL_THREADS ? advanceRow : advanceThread, read)
  if (!moved) return false
  await clearBadge(deps, tx, { read, before, moved })
  // Otherwise a client that reads thread by thread leaves a row for each thread, and the row of the room never moves.
  const passed = read.threadId === ALL_THREADS || (await tx.run(advanceRoomIfRead, read)) > 0
  if (passed) await tx.run(dropPassedThreads, read)
  return true
}

/** `before`: the result of `unreadBefore`, from before the event was counted. */
type Read = { read: ReadUpTo; before: number }
/** `isOnBadge`: the room was on the sender's badge before the event. */
type OwnRead = Read & { isOnBadge: boolean }

/**
 * The same for the sender of an event, who has read that thread up to the event (client-server API, "Push
 * notifications").
 */
export async function markOwnRead(deps: NotificationDeps, tx: Transaction, own: OwnRead): Promise<void> {
  const { read } = own
  // No badge changes, so nothing depends on the result, and PostgreSQL needs no round trip for it.
  if (!own.isOnBadge) return tx.write(moveThread, read)
  // No position of the sender is as far as the new event, and most senders have sent to the thread before.
  const moved = (await tx.first(advanceRow, read)) ?? (await tx.first(advanceThread, read))
  if (moved) await clearBadge(deps, tx, { ...own, moved })
}

/** The unread count of a member in a room if the badge counts notifications; else 0. */
export async function unreadBefore(
  deps: NotificationDeps,
  q: Queries,
  member: { userId: UserId; roomId: RoomId },
): Promise<number> {
  return deps.badge === 'messages' ? unreadInRoom(q, member) : 0
}

async function clearBadge(
  deps: NotificationDeps,
  tx: Transaction,
  { read, before, moved }: Read & { moved: { on_badge: number } },
): Promise<void> {
  if (moved.on_badge === 0) return
  const isCleared = (await tx.run(clearIfRead, read)) > 0
  // If the badge counts notifications, it also decreases for a room that still has unread events.
  if (isCleared || (before > 0 && (await unreadInRoom(tx, read)) < before))
    badgeChanged(deps, tx, [read.userId])
}

async function unreadInRoom(q: Queries, member: { userId: UserId; roomId: RoomId }): Promise<number> {
  return (await q.first(unreadOnBadge, member))?.messages ?? 0
}
