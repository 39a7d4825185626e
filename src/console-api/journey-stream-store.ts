import { sql } from 'kysely'
import { query } from '../storage/query.ts'

/** The newest rows of steps, the newest first. */
export const newestEntries = query<{ limit: number }>()((db, p) =>
  db.selectFrom('trace_steps').select(['entry_id', 'at']).orderBy('entry_id', 'desc').limit(p.limit),
)

/** The rows after an entry that contain a step for one of these pushers. */
export const entriesAfter = query<{ after: number; pusherIds: readonly number[] }>()((db, p, d) =>
  db
    .selectFrom('trace_steps')
    .select(['entry_id', 'position'])
    .where('entry_id', '>', p.after)
    .where(
      sql<boolean>`exists (select 1 from ${d.numbers(p.pusherIds)} as l where steps like '%[' || l.value || ',%')`,
    )
    .orderBy('entry_id'),
)

/** The states of the newest arrivals of these pushers, up to `limit` of each. */
export const newestArrivals = query<{ pusherIds: readonly number[]; limit: number }>()((db, p, d) =>
  db
    .selectFrom(sql<{ value: number }>`${d.numbers(p.pusherIds)}`.as('l'))
    .innerJoin('arrivals as a', (join) =>
      join.onRef('a.pusher_id', '=', 'l.value').on(
        'a.entry_id',
        '>=',
        sql<number>`coalesce((select o.entry_id from arrivals as o where o.pusher_id = l.value
          order by o.entry_id desc limit 1 offset ${d.integer(p.limit)} - 1), 0)`,
      ),
    )
    .select(['a.pusher_id', 'a.position', 'a.state', 'a.at']),
)
