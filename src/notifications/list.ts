import { readActions, ruleOf } from './stored-rule.ts'
import type { UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Event } from '../lib/matrix-event.ts'
import type { Queries } from '../storage/query.ts'
import { decideForUser, type UserDecision } from '../trace/notify-reason.ts'
import {
  highlightsOfRooms,
  notificationsOfRooms,
  ownHighlights,
  ownNotifications,
  readPositionsIn,
  roomsWithHighlights,
  roomsWithNotifications,
  type NotificationRow,
} from './list-store.ts'
import { ALL_THREADS } from './read-positions-store.ts'

/** An entry of the list (client-server API, `GET /notifications`). */
export type NotificationEntry = Pick<Event, 'position' | 'eventId' | 'roomId' | 'originServerTs'> & {
  read: boolean
  /** As stored in the rule. */
  actions: (string | JsonObject)[]
  /** It notifies; the rule is the one that decided. */
  decision: UserDecision
}

export type NotificationPage = {
  notifications: NotificationEntry[]
  /** Where the next page starts; absent on the last page. */
  next?: number
}

/** `from`: `next` of the previous page. `limit`: the maximum number of notifications, at least 1. */
export type NotificationRequest = { userId: UserId; limit: number; from?: number; onlyHighlights?: boolean }

/**
 * The notifications of a user, newest first, whether or not the user has pushers: those since the join in the
 * joined rooms, and the current invitations. Read events stay in the list. `q` should be a snapshot, because
 * the function runs several queries.
 */
export async function listNotifications(q: Queries, request: NotificationRequest): Promise<NotificationPage> {
  const { userId, limit, from = Number.MAX_SAFE_INTEGER, onlyHighlights = false } = request
  // One row more than the limit shows whether there is a next page.
  const page = { userId, before: from, limit: limit + 1 }
  const rooms = await q.all(onlyHighlights ? roomsWithHighlights : roomsWithNotifications, page)
  const shared =
    rooms.length === 0
      ? []
      : await q.all(onlyHighlights ? highlightsOfRooms : notificationsOfRooms, {
          ...page,
          roomIds: rooms.map((row) => row.room_id),
        })
  const own = await q.all(onlyHighlights ? ownHighlights : ownNotifications, page)
  const newest = [...shared, ...own].toSorted((a, b) => b.position - a.position)
  const shown = newest.slice(0, limit)
  const isRead = await readStatusOf(q, userId, shown)
  const last = shown.at(-1)
  return {
    notifications: shown.map((row) => ({
      position: row.position,
      eventId: row.event_id,
      roomId: row.room_id,
      originServerTs: row.origin_server_ts,
      read: isRead(row),
      actions: readActions(row.actions),
      decision: decideForUser({ outcome: { notify: true, rule: ruleOf(row) } }),
    })),
    ...(newest.length > limit && last ? { next: last.position } : {}),
  }
}

async function readStatusOf(
  q: Queries,
  userId: UserId,
  rows: readonly NotificationRow[],
): Promise<(row: NotificationRow) => boolean> {
  const roomIds = [...new Set(rows.map((row) => row.room_id))]
  if (roomIds.length === 0) return () => false
  const positions = await q.all(readPositionsIn, { userId, roomIds })
  const upTo = new Map(positions.map((row) => [`${row.room_id} ${row.thread_id}`, row.position]))
  return ({ room_id: roomId, thread_id: threadId, position }) =>
    [ALL_THREADS, threadId].some((thread) => (upTo.get(`${roomId} ${thread}`) ?? 0) >= position)
}
