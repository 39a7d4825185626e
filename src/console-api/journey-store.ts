import { sql } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import { cohortAt } from '../notifications/cohort-interval-sql.ts'
import { type Query, query } from '../storage/query.ts'

type At = { userId: UserId; roomId: RoomId; position: number }

/** The outcome for a user at the time of the event, if it is still stored. Redacted events are included. */
export const outcomeAtEvent = query<At>()((db, p) => {
  const own = db
    .selectFrom('exceptions')
    .select(['notify', 'highlight', 'actions', 'rule_kind', 'rule_id', sql<number>`1`.as('own')])
    .where('user_id', '=', p.userId)
    .where('room_id', '=', p.roomId)
    .where('position', '=', p.position)
  const shared = db
    .selectFrom('cohort_outcomes')
    .select([
      sql<0 | 1>`1`.as('notify'),
      'highlight',
      'actions',
      'rule_kind',
      'rule_id',
      sql<number>`0`.as('own'),
    ])
    .where('room_id', '=', p.roomId)
    .where('cohort', '=', cohortAt(sql`${p.userId}`, sql`${p.roomId}`, sql`${p.position}`))
    .where('position', '=', p.position)
  return own.unionAll(shared).orderBy('own', 'desc').limit(sql.lit(1))
})

/**
 * The cohort of a member at an event of the present stay in the room. No row: the member has left since, or
 * has joined again, and the cohorts of the earlier stay are not stored.
 */
export const cohortInPresentStay = query<At>()((db, p) =>
  db
    .selectFrom('read_positions as r')
    .where('r.user_id', '=', p.userId)
    .where('r.room_id', '=', p.roomId)
    .where('r.thread_id', '=', sql.lit(''))
    .where('r.joined_at', '<=', p.position)
    .select(cohortAt(sql`r.user_id`, sql`r.room_id`, sql`${p.position}`).as('cohort')),
)

/** The pushers of a user, with the state of their lanes. */
export const pushersOfUser = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('pushers as p')
    .innerJoin('lanes as l', 'l.lane_id', 'p.pusher_id')
    .where('p.user_id', '=', p.userId)
    .select([
      'p.pusher_id',
      'p.app_id',
      // Read for its hash only.
      'p.pushkey',
      'p.app_display_name',
      'p.device_display_name',
      'p.handle',
      'p.created_at',
      'p.enabled',
      'p.activated',
      'l.failing_since',
      'l.next_attempt_at',
      'l.held_until',
      'l.last_error',
      'l.last_error_at',
    ])
    .orderBy('p.pusher_id'),
)

export type PusherOfUser = typeof pushersOfUser extends Query<infer _P, infer R> ? R : never

type Queued = { pusherIds: readonly number[]; low: number; high: number }

/** The events at positions `low` to `high`, both included, that are queued for these pushers. */
export const queuedBetween = query<Queued>()((db, p, d) =>
  db
    .selectFrom('lane_items')
    .select(['lane_id', 'position', 'created_at'])
    .where('lane_id', 'in', d.numbers(p.pusherIds))
    .where('position', '>=', p.low)
    .where('position', '<=', p.high),
)

/** The pusher with this id, if it belongs to the user. */
export const pusherOfUser = query<{ userId: UserId; pusherId: number }>()((db, p) =>
  db
    .selectFrom('pushers')
    .select(['app_id', 'pushkey', 'kind', 'lang', 'disable_badge_count'])
    .where('pusher_id', '=', p.pusherId)
    .where('user_id', '=', p.userId),
)

/** The position of the newest edit of the event at a position. */
export const newestEditOf = query<{ position: number }>()((db, p) =>
  db
    .selectFrom('edits')
    .select('edit_position')
    .where('position', '=', p.position)
    .orderBy('edit_position', 'desc')
    .limit(sql.lit(1)),
)
