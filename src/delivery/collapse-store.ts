import { sql } from 'kysely'
import { query } from '../storage/query.ts'
import type { StreamPoint } from '../storage/stream-point.ts'
import type { OtherReason } from '../trace/steps-store.ts'
import type { SkipReason } from '../trace/vocabulary.ts'

/**
 * The rows to remove from a pusher's queue: all ordinary rows up to `upTo`, except `keep`. A point, because
 * an event of another shard can be queued later with a lower position.
 */
export type Collapsed = { upTo: StreamPoint; keep: readonly number[] }

/** The plan for a backlog. `skipped`: the number of pokes that are not sent, by reason. */
export type Collapse = Collapsed & {
  skipped: ReadonlyMap<SkipReason, number>
  /** The removed events whose reason is not `collapsed`. */
  others: readonly OtherReason[]
}

/** The ordinary rows of a pusher below a position, newest first, with the room and the thread of each event. */
export const backlogPage = query<{ pusherId: number; before: number; limit: number }>()((db, p) =>
  db
    .selectFrom('lane_items as o')
    .leftJoin('events as e', 'e.position', 'o.position')
    .where('o.lane_id', '=', p.pusherId)
    .where('o.urgent', '=', sql.lit(0))
    .where('o.position', '<', p.before)
    .select(['o.position', 'e.room_id', 'e.thread_id'])
    .orderBy('o.position', 'desc')
    .limit(p.limit),
)

// For one pusher: with a join on a list of pushers, PostgreSQL would read the queues of all other pushers too.
export const removeCollapsed = query<{ pusherId: number } & Collapsed>()((db, p, d) =>
  db
    .deleteFrom('lane_items')
    .where('lane_id', '=', p.pusherId)
    .where(d.isUpTo('position', p.upTo))
    .where('urgent', '=', sql.lit(0))
    .where('position', 'not in', d.numbers(p.keep)),
)
