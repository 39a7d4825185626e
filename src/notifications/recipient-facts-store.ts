import { type RawBuilder, sql } from 'kysely'
import { type Dialect, query } from '../storage/query.ts'
import { cohortAt } from './cohort-interval-sql.ts'
import { unreadOfRoom } from './unread-sql.ts'

// For each wanted row `w`, facts about a user, and about an event for that user; every fact is found by keys.

type Wanted = {
  readonly wanted: readonly {
    /** The place of the row in the result. */
    at: number
    user_id: string
    room_id: string
    thread_id: string
    position: number
  }[]
}

const wantedRows = (d: Dialect, { wanted }: Wanted) =>
  d.rows(wanted, { at: 'integer', user_id: 'text', room_id: 'text', thread_id: 'text', position: 'integer' })

/** The user and the event of a fact. */
type Of = {
  readonly userId: RawBuilder<unknown>
  readonly roomId: RawBuilder<unknown>
  readonly threadId: RawBuilder<unknown>
  readonly position: RawBuilder<unknown>
}

const readPosition = ({ userId, roomId, threadId, position }: Of) =>
  sql<number | null>`(select max(r.position) from read_positions as r
  where r.user_id = ${userId} and r.room_id = ${roomId} and r.thread_id in ('', ${threadId})
    and r.position >= ${position})`

/** The user's exception `x`, or else the outcome `o` of the cohort. */
const ofUser = <T>(column: string) =>
  sql<T | null>`case when x.user_id is not null then ${sql.ref(`x.${column}`)} else ${sql.ref(`o.${column}`)} end`

/** The number of rooms on the badge. */
const badgeRooms = (userId: RawBuilder<unknown>) =>
  sql<number>`(select count(*) from badge_rooms as b where b.user_id = ${userId})`

/** The unread notifications in all rooms of the badge. An invitation has no read position and counts as 1. */
const badgeMessages = (userId: RawBuilder<unknown>) =>
  sql<number>`coalesce((select sum(case when r.position is null then 1 else ${unreadOfRoom('notify')} end)
  from badge_rooms as b left join read_positions as r
    on r.user_id = b.user_id and r.room_id = b.room_id and r.thread_id = ''
  where b.user_id = ${userId}), 0)`

/** The badge of a user, by what it counts. */
export const BADGES = { rooms: badgeRooms, messages: badgeMessages }

/**
 * The columns of the facts. `badge`: of the user, evaluated for each row. The query has joined the exception
 * `x` of the user, and the outcome `o` of the user's cohort that is not retracted.
 */
export const factColumns = (of: Of, badge: RawBuilder<number>) =>
  [
    readPosition(of).as('read_position'),
    sql<
      0 | 1 | null
    >`case when x.user_id is not null then x.notify when o.position is not null then 1 end`.as('notify'),
    ofUser<0 | 1>('highlight').as('highlight'),
    ofUser<string>('actions').as('actions'),
    ofUser<string>('rule_kind').as('rule_kind'),
    ofUser<string>('rule_id').as('rule_id'),
    badge.as('badge'),
  ] as const

const WANTED: Of = {
  userId: sql`w.user_id`,
  roomId: sql`w.room_id`,
  threadId: sql`w.thread_id`,
  position: sql`w.position`,
}

const facts = (badge: keyof typeof BADGES) =>
  query<Wanted>()((db, p, d) =>
    db
      // Materialized, because SQLite would otherwise parse the JSON for each use of a value.
      .with(
        (cte) => cte('w').materialized(),
        (from) => from.selectFrom(wantedRows(d, p).as('j')).selectAll(),
      )
      .selectFrom('w')
      .leftJoin('exceptions as x', (join) =>
        join
          .on(sql<boolean>`x.user_id = w.user_id`)
          .on(sql<boolean>`x.room_id = w.room_id`)
          .onRef('x.position', '=', 'w.position'),
      )
      .leftJoin('cohort_outcomes as o', (join) =>
        join
          .on(sql<boolean>`o.room_id = w.room_id`)
          .on('o.cohort', '=', cohortAt(WANTED.userId, WANTED.roomId, WANTED.position))
          .onRef('o.position', '=', 'w.position')
          .on('o.retracted', '=', sql.lit(0)),
      )
      .select('w.at')
      .select(factColumns(WANTED, BADGES[badge](WANTED.userId))),
  )

export const factsWithRooms = facts('rooms')
export const factsWithMessages = facts('messages')
