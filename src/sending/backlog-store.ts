import { type RawBuilder, sql } from 'kysely'
import { query } from '../storage/query.ts'
import { PROCESS_ID } from './lane-store.ts'

// What waits and who sends it, for operators. The queries read all items.

/** The lanes that each process has leased, by kind. */
export const leasesHeld = query<{ now: number }>()((db, p) =>
  db
    .selectFrom('lanes')
    .select(sql<string>`substr(lease_owner, 1, ${sql.lit(PROCESS_ID)})`.as('process_id'))
    .select(['kind', (eb) => eb.fn.countAll<number>().as('lanes')])
    .where('lease_owner', 'is not', null)
    .where('lease_until', '>', p.now)
    .groupBy([sql`1`, 'kind'])
    .orderBy('kind'),
)

/**
 * The queued items of each kind. `due`: nothing but a free process is missing. A mail is not due for its
 * first `mailDelayMs`.
 */
export const backlog = query<{ now: number; mailDelayMs: number }>()((db, p, d) => {
  const now = d.integer(p.now)
  const isDue = sql<boolean>`coalesce(l.next_attempt_at, 0) <= ${now} and coalesce(l.held_until, 0) <= ${now}
    and coalesce(l.lease_until, 0) <= ${now} and (l.kind <> 'mail' or i.created_at <= ${now} - ${d.integer(p.mailDelayMs)})`
  const lanesIf = (condition: RawBuilder<boolean>) =>
    sql<number>`count(distinct case when ${condition} then l.lane_id end)`
  return db
    .selectFrom('lane_items as i')
    .innerJoin('lanes as l', 'l.lane_id', 'i.lane_id')
    .select('l.kind')
    .select([
      sql<number>`count(*)`.as('items'),
      sql<number>`count(distinct l.lane_id)`.as('lanes'),
      lanesIf(isDue).as('due_lanes'),
      lanesIf(sql`l.next_attempt_at > ${now}`).as('waiting_lanes'),
      sql<number | null>`min(case when ${isDue} then i.created_at end)`.as('oldest_due_at'),
    ])
    .groupBy('l.kind')
    .orderBy('l.kind')
})
