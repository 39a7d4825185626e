import { sql } from 'kysely'
import { type HeadParams, selectHeads } from '../delivery/head-store.ts'
import { query } from '../storage/query.ts'
import { cohortAt } from './cohort-interval-sql.ts'
import { factColumns } from './recipient-facts-store.ts'

// The heads of pushers' queues with the facts of their recipients: one statement for the look at a pusher.

const HEAD = {
  userId: sql`h.user_id`,
  roomId: sql`e.room_id`,
  threadId: sql`e.thread_id`,
  position: sql`e.position`,
}

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
      .select(factColumns(HEAD, badge)),
  )

export const headsWithRooms = headsWith('rooms')
export const headsWithMessages = headsWith('messages')
