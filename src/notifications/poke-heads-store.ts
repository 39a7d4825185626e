import { sql } from 'kysely'
import {
  type FollowingParams,
  type HeadParams,
  selectFollowing,
  selectHeads,
} from '../delivery/head-store.ts'
import { query } from '../storage/query.ts'
import { cohortAt } from './cohort-interval-sql.ts'
import { BADGES, factColumns } from './recipient-facts-store.ts'

// The heads of pushers' queues, and the items behind them, with the facts of their recipients: one statement
// for a look.

const EVENT = {
  roomId: sql`e.room_id`,
  threadId: sql`e.thread_id`,
  position: sql`e.position`,
}
const HEAD = { ...EVENT, userId: sql`h.user_id` }
const FOLLOWING = { ...EVENT, userId: sql`f.user_id` }

const headsWith = (badge: 'rooms' | 'messages') =>
  query<HeadParams>()((db, p, d) =>
    selectHeads(db, p, d)
      .leftJoin('exceptions as x', (join) =>
        join
          .onRef('x.user_id', '=', 'h.user_id')
          .onRef('x.room_id', '=', 'e.room_id')
          .onRef('x.position', '=', 'e.position'),
      )
      .leftJoin('cohort_outcomes as o', (join) =>
        join
          .onRef('o.room_id', '=', 'e.room_id')
          .on('o.cohort', '=', cohortAt(HEAD.userId, HEAD.roomId, HEAD.position))
          .onRef('o.position', '=', 'e.position')
          .on('o.retracted', '=', sql.lit(0)),
      )
      .select(factColumns(HEAD, BADGES[badge](HEAD.userId))),
  )

export const headsWithRooms = headsWith('rooms')
export const headsWithMessages = headsWith('messages')

const followingWith = (badge: 'rooms' | 'messages') =>
  query<FollowingParams>()((db, p, d) =>
    selectFollowing(BADGES[badge])(db, p, d)
      .leftJoin('exceptions as x', (join) =>
        join
          .onRef('x.user_id', '=', 'f.user_id')
          .onRef('x.room_id', '=', 'e.room_id')
          .onRef('x.position', '=', 'e.position'),
      )
      .leftJoin('cohort_outcomes as o', (join) =>
        join
          .onRef('o.room_id', '=', 'e.room_id')
          .on('o.cohort', '=', cohortAt(FOLLOWING.userId, FOLLOWING.roomId, FOLLOWING.position))
          .onRef('o.position', '=', 'e.position')
          .on('o.retracted', '=', sql.lit(0)),
      )
      .select(factColumns(FOLLOWING, sql<number>`f.badge`))
      .orderBy('f.at')
      .orderBy('f.position'),
  )

export const followingWithRooms = followingWith('rooms')
export const followingWithMessages = followingWith('messages')
