import type { RoomId } from '../../lib/ids.ts'
import { query } from '../../storage/query.ts'

// How long an e-mail pusher delays its next mail about a room.

export const throttlesOf = query<{ pusherId: number }>()((db, p) =>
  db.selectFrom('mail_throttles').selectAll().where('pusher_id', '=', p.pusherId),
)

export type ThrottleRow = { room_id: RoomId; told_at: number; wait_ms: number; last_event_at: number }

export const writeThrottles = query<{ pusherId: number; rooms: readonly ThrottleRow[] }>()((db, p, d) =>
  db
    .insertInto('mail_throttles')
    .columns(['pusher_id', 'room_id', 'told_at', 'wait_ms', 'last_event_at'])
    .expression(
      db
        .selectFrom(
          d
            .rows(p.rooms, {
              room_id: 'text',
              told_at: 'integer',
              wait_ms: 'integer',
              last_event_at: 'integer',
            })
            .as('r'),
        )
        .select([
          d.integer(p.pusherId).as('pusher_id'),
          'r.room_id',
          'r.told_at',
          'r.wait_ms',
          'r.last_event_at',
        ])
        // Without a condition, SQLite would parse `on conflict` as part of a join.
        .where('r.wait_ms', '>=', 0),
    )
    .onConflict((conflict) =>
      conflict.columns(['pusher_id', 'room_id']).doUpdateSet((eb) => ({
        told_at: eb.ref('excluded.told_at'),
        wait_ms: eb.ref('excluded.wait_ms'),
        last_event_at: eb.ref('excluded.last_event_at'),
      })),
    ),
)

export const deleteThrottles = query<{ pusherIds: readonly number[] }>()((db, p, d) =>
  db.deleteFrom('mail_throttles').where('pusher_id', 'in', d.numbers(p.pusherIds)),
)

export const deleteOldThrottles = query<{ before: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('mail_throttles')
    .where((eb) =>
      eb(
        eb.refTuple('pusher_id', 'room_id'),
        'in',
        eb
          .selectFrom('mail_throttles')
          .select(['pusher_id', 'room_id'])
          .where('told_at', '<', p.before)
          .orderBy('told_at')
          .limit(p.limit)
          .$asTuple('pusher_id', 'room_id'),
      ),
    ),
)
