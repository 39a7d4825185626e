import type { RoomId, UserId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'
import { type ThreadRow, unreadByRoom, unreadByThread, usualUnreadByRoom } from './counts-store.ts'

/** `notifications` includes `highlights`. */
export type UnreadCount = { notifications: number; highlights: number }
export type RoomCounts = UnreadCount & {
  /** Events outside of threads. `main` and `threads` together are the count of the room. */
  main: UnreadCount
  /** By event id of the thread root. Only threads with unread notifications. */
  threads: Map<string, UnreadCount>
}

/**
 * The unread counts of a user in each room, not split by thread: all is in `main`. 0 in a room where the user
 * is not a member.
 */
export async function unreadTotals(
  q: Queries,
  userId: UserId,
  roomIds: readonly RoomId[],
): Promise<Map<RoomId, RoomCounts>> {
  const counts = new Map<RoomId, RoomCounts>()
  if (roomIds.length === 0) return counts
  const rows = await q.all(usualUnreadByRoom, { userId, roomIds })
  const unusual = rows.filter((row) => row.is_usual === 0).map((row) => row.room_id)
  for (const { room_id: roomId, notifications, highlights } of rows)
    counts.set(roomId, countsOf(notifications, highlights))
  if (unusual.length > 0)
    for (const row of await q.all(unreadByRoom, { userId, roomIds: unusual }))
      counts.set(row.room_id, countsOf(row.notifications, row.highlights))
  for (const roomId of roomIds) if (!counts.has(roomId)) counts.set(roomId, countsOf(0, 0))
  return counts
}

/** Like `unreadTotals`, split by thread. */
export async function unreadCounts(
  q: Queries,
  userId: UserId,
  roomIds: readonly RoomId[],
): Promise<Map<RoomId, RoomCounts>> {
  const counts = await unreadTotals(q, userId, roomIds)
  const unread = roomIds.filter((roomId) => (counts.get(roomId)?.notifications ?? 0) > 0)
  if (unread.length === 0) return counts
  for (const row of await q.all(unreadByThread, { userId, roomIds: unread })) {
    const room = counts.get(row.room_id)
    if (room) addToThread(room, row)
  }
  for (const roomId of unread) dropReadThreads(counts.get(roomId)?.threads)
  return counts
}

/** Subtracts the count of a thread from `main`, which starts as the count of the whole room. */
function addToThread(room: RoomCounts, row: ThreadRow): void {
  const thread = room.threads.get(row.thread_id) ?? { notifications: 0, highlights: 0 }
  thread.notifications += row.notifications
  thread.highlights += row.highlights
  room.threads.set(row.thread_id, thread)
  room.main.notifications -= row.notifications
  room.main.highlights -= row.highlights
}

function dropReadThreads(threads: RoomCounts['threads'] = new Map()): void {
  for (const [root, { notifications }] of threads) if (notifications === 0) threads.delete(root)
}

function countsOf(notifications: number, highlights: number): RoomCounts {
  return { notifications, highlights, main: { notifications, highlights }, threads: new Map() }
}
