import { sql } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import { cohortAt } from '../notifications/stretch-sql.ts'
import { type Query, query } from '../storage/query.ts'

type At = { userId: UserId; roomId: RoomId; position: number }

/** What an event meant to a person when it came, as far as it is kept, whether it was redacted since or not. */
export const outcomeWhenItCame = query<At>()((db, p) => {
  const own = db
    .selectFrom('exceptions')
    .select(['notify', 'highlight', 'rule_kind', 'rule_id', sql<number>`1`.as('own')])
    .where('user_id', '=', p.userId)
    .where('room_id', '=', p.roomId)
    .where('position', '=', p.position)
  const shared = db
    .selectFrom('cohort_outcomes')
    .select([sql<0 | 1>`1`.as('notify'), 'highlight', 'rule_kind', 'rule_id', sql<number>`0`.as('own')])
    .where('room_id', '=', p.roomId)
    .where('cohort', '=', cohortAt(sql`${p.userId}`, sql`${p.roomId}`, sql`${p.position}`))
    .where('position', '=', p.position)
  return own.unionAll(shared).orderBy('own', 'desc').limit(sql.lit(1))
})

/**
 * The cohort of a member at an event of the stay that lasts still. No row: they have left since, or come anew, and what was
 * known of them in the room is not kept.
 */
export const cohortInThisStay = query<At>()((db, p) =>
  db
    .selectFrom('read_positions as r')
    .where('r.user_id', '=', p.userId)
    .where('r.room_id', '=', p.roomId)
    .where('r.thread_id', '=', sql.lit(''))
    .where('r.joined_at', '<=', p.position)
    .select(cohortAt(sql`r.user_id`, sql`r.room_id`, sql`${p.position}`).as('cohort')),
)

/** The pushers of a user that there are, and whether the event at a position still waits in their queues. */
export const pushersOnTheWay = query<{ userId: UserId; position: number }>()((db, p) =>
  db
    .selectFrom('pushers as p')
    .innerJoin('lanes as l', 'l.lane_id', 'p.pusher_id')
    .leftJoin('lane_items as o', (join) =>
      join.onRef('o.lane_id', '=', 'p.pusher_id').on('o.position', '=', p.position),
    )
    .where('p.user_id', '=', p.userId)
    .select([
      'p.pusher_id',
      'p.app_id',
      // For its hash alone.
      'p.pushkey',
      'p.app_display_name',
      'p.device_display_name',
      'p.created_at',
      'p.enabled',
      'p.activated',
      'l.failing_since',
      'l.next_attempt_at',
      'l.last_error',
      'l.last_error_at',
      'o.created_at as queued_at',
    ])
    .orderBy('p.pusher_id'),
)

export type PusherOnTheWay = typeof pushersOnTheWay extends Query<infer _P, infer R> ? R : never
