import type { RoomId, UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { clearIfRead } from './badge-store.ts'
import type { NotificationDeps } from './deps.ts'
import { ALL_THREADS } from './event.ts'
import { advanceRoom, advanceThread, dropPassedThreads, readingOver, settleRoom } from './reading-store.ts'
import { badgeChanged } from './wake.ts'

/** `threadId`: '' for all threads, 'main', or the event id of a thread's root. */
export type ReadUpTo = { userId: UserId; roomId: RoomId; threadId: string; position: number }

/**
 * A member has read a room, or one of its threads, up to a position. Resolves to whether that moved them forward:
 * backwards is ignored, and so is who is not a member.
 */
export async function markRead(deps: NotificationDeps, tx: Transaction, read: ReadUpTo): Promise<boolean> {
  const moved = await moveForward(deps, tx, read)
  if (!moved) return false
  // A client that reads thread by thread would otherwise leave a row for each, and never move the room's.
  const passed = read.threadId === ALL_THREADS || (await tx.run(settleRoom, read)) > 0
  if (passed) await tx.run(dropPassedThreads, read)
  return true
}

/** The same for the author of an event, who has read their thread up to it (client-server API, "Push notifications"). */
export async function markOwnRead(deps: NotificationDeps, tx: Transaction, read: ReadUpTo): Promise<void> {
  await moveForward(deps, tx, read)
}

async function moveForward(deps: NotificationDeps, tx: Transaction, read: ReadUpTo): Promise<boolean> {
  const moved = await tx.first(read.threadId === ALL_THREADS ? advanceRoom : advanceThread, read)
  if (!moved) return false
  if (moved.on_badge === 0) return true
  const isCleared = (await tx.run(clearIfRead, read)) > 0
  // Where the badge counts messages it may be less now, also of a room that still has some; delivery looks.
  if (isCleared || deps.badge === 'messages') await badgeChanged(deps, tx, [read.userId])
  return true
}

/** Whether a member has read an event, in its thread or all of them. False for who is not a member, only invited. */
export async function isRead(q: Queries, event: ReadUpTo): Promise<boolean> {
  return (await q.first(readingOver, event)) !== undefined
}
