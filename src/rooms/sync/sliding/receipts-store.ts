import { type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../../../lib/ids.ts'
import { query } from '../../../storage/query.ts'
import type { StreamPoint } from '../../../storage/stream-point.ts'

/** The rooms of the user with receipts after `since` that the user may see. `is_own`: one of them is the user's own. */
export const roomsWithReceipts = query<{ userId: UserId; since: StreamPoint; position: StreamPoint }>()(
  (db, p, d) =>
    db
      .selectFrom('receipts')
      .select('room_id')
      .select((eb) =>
        eb.fn
          .max(eb.case().when('user_id', '=', p.userId).then(sql.lit(1)).else(sql.lit(0)).end())
          .as('is_own'),
      )
      .where(d.isAfter('position', p.since))
      // Without an upper bound, PostgreSQL expects a third of the table and does not use the index.
      .where(d.isUpTo('position', p.position))
      .where((eb) => eb.or([eb('receipt_type', '=', 'm.read'), eb('user_id', '=', p.userId)]))
      .groupBy('room_id')
      .orderBy('room_id'),
)

const COLUMNS = ['r.room_id', 'r.user_id', 'r.receipt_type', 'r.thread_id', 'r.event_id', 'r.ts'] as const

/** The receipts of the user in some rooms after `since`. */
export const receiptsOfUser = query<{ userId: UserId; roomIds: readonly RoomId[]; since: StreamPoint }>()(
  (db, p, d) =>
    db
      .selectFrom('receipts as r')
      .select(COLUMNS)
      .where('r.room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>)
      .where('r.user_id', '=', p.userId)
      .where(d.isAfter('r.position', p.since))
      .orderBy('r.position'),
)

export type ReceiptRange = { room_id: RoomId; low: number; high: number }

/** The public receipts for events at or after `low`, up to `high`. A receipt is always later than its event. */
export const receiptsOfEvents = query<{ ranges: readonly ReceiptRange[] }>()((db, p, d) =>
  db
    .selectFrom(d.rows(p.ranges, { room_id: 'text', low: 'integer', high: 'integer' }).as('g'))
    .innerJoin('receipts as r', (join) =>
      join
        .onRef('r.room_id', '=', 'g.room_id')
        .onRef('r.position', '>', 'g.low')
        .onRef('r.position', '<=', 'g.high')
        .onRef('r.event_position', '>=', 'g.low'),
    )
    .select(COLUMNS)
    .where('r.receipt_type', '=', 'm.read')
    .orderBy('r.position'),
)
