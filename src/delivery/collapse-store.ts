import { sql } from 'kysely'
import { query } from '../storage/query.ts'
import type { SkipReason } from '../trace/vocabulary.ts'

/** What may go of a pusher's outbox: all ordinary rows up to a position but those to keep. */
export type Collapsed = { upTo: number; keep: readonly number[] }

/** What is left to tell after an outage, and how many pokes are not sent for it, by reason. */
export type Collapse = Collapsed & {
  skipped: ReadonlyMap<SkipReason, number>
  /** Of those, what goes for another reason than that a newer one stands for it. */
  others: readonly { position: number; reason: SkipReason }[]
}

/** The ordinary rows of a pusher below a position, the newest first, with where their events belong. */
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

// For one pusher: joined with a list of several, PostgreSQL would read the outbox of all the others as well.
export const removeCollapsed = query<{ pusherId: number } & Collapsed>()((db, p, d) =>
  db
    .deleteFrom('lane_items')
    .where('lane_id', '=', p.pusherId)
    .where('position', '<=', p.upTo)
    .where('urgent', '=', sql.lit(0))
    .where('position', 'not in', d.numbers(p.keep)),
)
