import type { JsonObject, Json } from '../lib/json.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'
import { type ThreadRow, unreadByRoom, unreadByThread } from './counts-store.ts'
import { outcomeFor } from './outcome-store.ts'

export { badgeOf } from './badge.ts'
export { isRead } from './read-positions.ts'

/** `notifications` includes the highlights. */
export type UnreadCount = { notifications: number; highlights: number }
export type RoomCounts = UnreadCount & {
  /** What belongs to no thread; together with `threads` it makes up the room. */
  main: UnreadCount
  /** By the event id of the root; only threads with something unread. */
  threads: Map<string, UnreadCount>
}

/** What a user has unread in each of the rooms, without its threads: all of it is in `main`. Zeros where they are not a member. */
export async function unreadTotals(
  q: Queries,
  userId: UserId,
  roomIds: readonly RoomId[],
): Promise<Map<RoomId, RoomCounts>> {
  const counts = new Map(roomIds.map((roomId) => [roomId, nothingUnread()]))
  if (roomIds.length === 0) return counts
  for (const { room_id: roomId, notifications, highlights } of await q.all(unreadByRoom, { userId, roomIds }))
    counts.set(roomId, { ...nothingUnread(), notifications, highlights, main: { notifications, highlights } })
  return counts
}

/** The same, with what is unread in each thread. */
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

/** What belongs to a thread does not belong to the main timeline, which began as the whole room. */
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

function nothingUnread(): RoomCounts {
  return {
    notifications: 0,
    highlights: 0,
    main: { notifications: 0, highlights: 0 },
    threads: new Map(),
  }
}

export type EventOutcome = {
  notify: boolean
  highlight: boolean
  /** As the rule has them. */
  actions: (string | JsonObject)[]
  rule: { kind: string; ruleId: string } | null
}

/**
 * What an event means to a user, and by which rule. Undefined: no rule notified anybody of it whom this user is one of,
 * or it was redacted, and is no invitation that stands. It does not ask whether the user is a member, or wrote the event themselves.
 */
export async function outcomeOf(
  q: Queries,
  of: { userId: UserId; roomId: RoomId; position: number },
): Promise<EventOutcome | undefined> {
  const row = await q.first(outcomeFor, of)
  if (!row) return undefined
  return {
    notify: row.notify === 1,
    highlight: row.highlight === 1,
    actions: readActions(row.actions),
    rule: ruleOf(row),
  }
}

/** The rule that a stored outcome came of. */
export function ruleOf(row: { rule_kind: string | null; rule_id: string | null }): EventOutcome['rule'] {
  const { rule_kind: kind, rule_id: ruleId } = row
  return kind === null || ruleId === null ? null : { kind, ruleId }
}

/** Reads back a rule's actions as this program has stored them. */
export function readActions(stored: string): (string | JsonObject)[] {
  return JSON.parse(stored) as (Exclude<Json, null> & (string | JsonObject))[]
}
