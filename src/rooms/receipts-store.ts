import type { RawBuilder } from 'kysely'
import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import { MAIN_THREAD } from '../lib/matrix-event.ts'
import { query } from '../storage/query.ts'
import type { StreamPoint } from '../storage/stream-point.ts'

export type ReceiptType = 'm.read' | 'm.read.private'
type ReceiptKey = { roomId: RoomId; userId: UserId; type: ReceiptType; threadId: string }

export const receiptPosition = query<ReceiptKey>()((db, p) =>
  db
    .selectFrom('receipts')
    .select('event_position')
    .where('room_id', '=', p.roomId)
    .where('user_id', '=', p.userId)
    .where('receipt_type', '=', p.type)
    .where('thread_id', '=', p.threadId),
)

export const upsertReceipt = query<
  ReceiptKey & { eventId: EventId; eventPosition: number; ts: number; position: number }
>()((db, p) =>
  db
    .insertInto('receipts')
    .values({
      room_id: p.roomId,
      user_id: p.userId,
      receipt_type: p.type,
      thread_id: p.threadId,
      event_id: p.eventId,
      event_position: p.eventPosition,
      ts: p.ts,
      position: p.position,
    })
    .onConflict((conflict) =>
      conflict.columns(['room_id', 'user_id', 'receipt_type', 'thread_id']).doUpdateSet((eb) => ({
        event_id: eb.ref('excluded.event_id'),
        event_position: eb.ref('excluded.event_position'),
        ts: eb.ref('excluded.ts'),
        position: eb.ref('excluded.position'),
      })),
    ),
)

/** Deletes the receipts of one user in threads of a room, except the newest `keep`. */
export const dropOldReceipts = query<Omit<ReceiptKey, 'threadId'> & { keep: number }>()((db, p) =>
  db
    .deleteFrom('receipts')
    .where('room_id', '=', p.roomId)
    .where('user_id', '=', p.userId)
    .where('receipt_type', '=', p.type)
    .where('thread_id', 'not in', ['', MAIN_THREAD])
    .where('position', '<=', (eb) =>
      eb
        .selectFrom('receipts')
        .select('position')
        .where('room_id', '=', p.roomId)
        .where('user_id', '=', p.userId)
        .where('receipt_type', '=', p.type)
        .where('thread_id', 'not in', ['', MAIN_THREAD])
        .orderBy('position', 'desc')
        .limit(1)
        .offset(p.keep),
    ),
)

/** The receipts in some rooms after `since` that the user may see: their own, and public ones. */
export const receiptsSince = query<{ roomIds: readonly RoomId[]; userId: UserId; since: StreamPoint }>()(
  (db, p, d) =>
    db
      .selectFrom('receipts')
      .select(['room_id', 'user_id', 'receipt_type', 'thread_id', 'event_id', 'ts'])
      .where('room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>)
      .where(d.isAfter('position', p.since))
      .where((eb) => eb.or([eb('receipt_type', '=', 'm.read'), eb('user_id', '=', p.userId)]))
      .orderBy('position'),
)

/** Deletes the private receipts of a user in all rooms. */
export const deletePrivateReceipts = query<{ userId: UserId }>()((db, p) =>
  db
    .deleteFrom('receipts')
    .where('room_id', 'in', (eb) =>
      eb.selectFrom('memberships').select('room_id').where('user_id', '=', p.userId),
    )
    .where('user_id', '=', p.userId)
    .where('receipt_type', '=', 'm.read.private'),
)
