import { forbidden, invalidParam } from '../lib/errors.ts'
import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import { type Event, MAIN_THREAD } from '../lib/matrix-event.ts'
import { markRead } from '../notifications/read-positions.ts'
import type { NotificationDeps } from '../notifications/deps.ts'
import type { Database, Transaction } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { nextPosition } from '../storage/stream.ts'
import type { StreamPoint } from '../storage/stream-point.ts'
import { requireJoined } from './access.ts'
import { findEventOfRoom } from './event-store.ts'
import { historiesOf } from './history-store.ts'
import { moveFullyRead } from './read-markers.ts'
import {
  dropOldReceipts,
  receiptPosition,
  receiptsSince,
  type ReceiptType,
  upsertReceipt,
} from './receipts-store.ts'
import { type Relation, relationOf } from './relation.ts'
import { isVisible, visibleSpans } from './visibility.ts'

export type ReceiptDeps = NotificationDeps & { db: Database }

/**
 * A position to mark as read: a receipt, in one thread or ('') in all, or the fully read marker, which has no
 * thread.
 */
export type Marker =
  | { type: ReceiptType; eventId: EventId; threadId: string }
  | { type: 'm.fully_read'; eventId: EventId }

/**
 * Moves receipts and the fully read marker forward: all of them or, on an error, none. A move backwards is
 * ignored, and so is an event that this server does not have (client-server API, "Receipts", "Read and unread
 * markers").
 * @throws 403 M_FORBIDDEN when the user is not in the room or may not see the event; 400 M_INVALID_PARAM when
 *   the event is not part of the thread
 */
export async function setMarkers(
  deps: ReceiptDeps,
  request: { userId: UserId; roomId: RoomId; markers: readonly Marker[] },
): Promise<void> {
  const { userId, roomId, markers } = request
  const move = async (tx: Transaction) => {
    const memberPosition = await requireJoined(tx, userId, roomId)
    for (const marker of markers) {
      const event = await findEventOfRoom(tx, roomId, marker.eventId)
      if (!event) continue
      if (event.position < memberPosition) await requireVisible(tx, userId, event)
      if (marker.type === 'm.fully_read') await moveFullyRead(deps, tx, { userId, event })
      else await moveReceipt(deps, tx, { userId, event, type: marker.type, threadId: marker.threadId })
    }
  }
  await deps.db.transaction(move, { orderedBy: roomId, repeatable: true })
}

async function requireVisible(q: Queries, userId: UserId, event: Event): Promise<void> {
  const history = (await historiesOf(q, userId, [event.roomId])).get(event.roomId)
  if (!history || !isVisible(visibleSpans(history), event.position))
    throw forbidden('You may not see this event')
}

/**
 * The maximum number of threads per user and room with a stored receipt; the newest stay. Unread counts do
 * not depend on them.
 */
const MAX_THREAD_RECEIPTS = 1000

async function moveReceipt(
  deps: ReceiptDeps,
  tx: Transaction,
  receipt: { userId: UserId; event: Event; type: ReceiptType; threadId: string },
): Promise<void> {
  const { userId, event, type, threadId } = receipt
  if (!(await isInThread(tx, event, threadId)))
    throw invalidParam(
      'thread_id: the event is not part of this thread; leave thread_id out to mark all threads as read',
    )
  const key = { roomId: event.roomId, userId, type, threadId }
  const before = await tx.first(receiptPosition, key)
  if (before && before.event_position >= event.position) return
  const position = await nextPosition(tx)
  const at = { eventId: event.eventId, eventPosition: event.position, ts: deps.clock.now(), position }
  await tx.run(upsertReceipt, { ...key, ...at })
  if (!before && threadId !== '' && threadId !== MAIN_THREAD)
    await tx.run(dropOldReceipts, { ...key, keep: MAX_THREAD_RECEIPTS })
  await markRead(deps, tx, { userId, roomId: event.roomId, threadId, position: event.position })
  const topic = type === 'm.read' ? (`room:${event.roomId}` as const) : (`user:${userId}` as const)
  tx.onCommit(() => deps.bus.publish(topic))
}

/**
 * The maximum number of relations to follow from an event, as recommended in the specification ("Threaded
 * read receipts").
 */
const MAX_STEPS = 3

/**
 * The root of a thread, and events that relate to the root without being a reply, are in the main timeline. A
 * receipt for the thread may name them as well.
 */
async function isInThread(q: Queries, event: Event, threadId: string): Promise<boolean> {
  if (threadId === '' || threadId === event.threadId) return true
  let at: Event | undefined = event
  for (let steps = 0; at?.threadId === MAIN_THREAD; steps++) {
    if (at.eventId === threadId) return true
    const relation: Relation | undefined = steps < MAX_STEPS ? relationOf(at.content) : undefined
    at = relation && (await findEventOfRoom(q, event.roomId, relation.eventId))
  }
  return false
}

/** `own`: the user has one of the receipts. */
export type ReceiptsOfRoom = { own: boolean; contents: JsonObject[] }

/**
 * The receipts of some rooms after `since`, as the content of one `m.receipt` event for each room and
 * thread ("SHOULD be batched into one event per room and thread").
 */
export async function receiptContents(
  q: Queries,
  of: { roomIds: readonly RoomId[]; userId: UserId; since: StreamPoint },
): Promise<Map<RoomId, ReceiptsOfRoom>> {
  const rows = of.roomIds.length === 0 ? [] : await q.all(receiptsSince, of)
  if (rows.length === 0) return new Map()
  const rooms = new Map<RoomId, { own: boolean; threads: Map<string, JsonObject> }>()
  for (const row of rows) {
    const room = entry(rooms, row.room_id, () => ({ own: false, threads: new Map<string, JsonObject>() }))
    room.own ||= row.user_id === of.userId
    const content = entry(room.threads, row.thread_id, (): JsonObject => ({}))
    const event = (content[row.event_id] ??= {}) as JsonObject
    const users = (event[row.receipt_type] ??= {}) as JsonObject
    users[row.user_id] = { ts: row.ts, ...(row.thread_id === '' ? {} : { thread_id: row.thread_id }) }
  }
  return new Map(
    [...rooms].map(([roomId, { own, threads }]) => [roomId, { own, contents: [...threads.values()] }]),
  )
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
