import type { RoomId, UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { clearIfRead, unreadOnBadge } from './badge-store.ts'
import type { NotificationDeps } from './deps.ts'
import {
  ALL_THREADS,
  advanceRoom,
  advanceThread,
  dropPassedThreads,
  readingOver,
  settleRoom,
} from './read-positions-store.ts'
import { badgeChanged } from './wake-delivery.ts'

/** `threadId`: '' for all threads, 'main', or the event id of a thread's root. */
export type ReadUpTo = { userId: UserId; roomId: RoomId; threadId: string; position: number }

/**
 * A member has read a room, or one of its threads, up to a position. Resolves to whether that moved them forward:
 * backwards is ignored, and so is who is not a member.
 */
export async function markRead(deps: NotificationDeps, tx: Transaction, read: ReadUpTo): Promise<boolean> {
  const moved = await moveForward(deps, tx, { read, before: await unreadBefore(deps, tx, read) })
  if (!moved) return false
  // A client that reads thread by thread would otherwise leave a row for each, and never move the room's.
  const passed = read.threadId === ALL_THREADS || (await tx.run(settleRoom, read)) > 0
  if (passed) await tx.run(dropPassedThreads, read)
  return true
}

/** `before`: `unreadBefore`, from before the event was counted. */
type Reading = { read: ReadUpTo; before: number }

/** The same for the author of an event, who has read their thread up to it (client-server API, "Push notifications"). */
export async function markOwnRead(deps: NotificationDeps, tx: Transaction, reading: Reading): Promise<void> {
  await moveForward(deps, tx, reading)
}

/** What a member has unread in a room, where the badge counts that; else 0. */
export async function unreadBefore(
  deps: NotificationDeps,
  q: Queries,
  place: { userId: UserId; roomId: RoomId },
): Promise<number> {
  return deps.badge === 'messages' ? unreadHere(q, place) : 0
}

async function moveForward(
  deps: NotificationDeps,
  tx: Transaction,
  { read, before }: Reading,
): Promise<boolean> {
  const moved = await tx.first(read.threadId === ALL_THREADS ? advanceRoom : advanceThread, read)
  if (!moved) return false
  if (moved.on_badge === 0) return true
  const isCleared = (await tx.run(clearIfRead, read)) > 0
  // Where the badge counts messages, it is less also for a room that still has some.
  if (isCleared || (before > 0 && (await unreadHere(tx, read)) < before))
    await badgeChanged(deps, tx, [read.userId])
  return true
}

async function unreadHere(q: Queries, place: { userId: UserId; roomId: RoomId }): Promise<number> {
  return (await q.first(unreadOnBadge, place))?.messages ?? 0
}

/** Whether a member has read an event, in its thread or all of them. False for who is not a member, only invited. */
export async function isRead(q: Queries, event: ReadUpTo): Promise<boolean> {
  return (await q.first(readingOver, event)) !== undefined
}
