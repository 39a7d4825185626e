import { type Compilable, type RawBuilder, sql } from 'kysely'
import type { EventId } from '../../lib/ids.ts'
import { query } from '../../storage/query.ts'
import { EVENT_COLUMNS } from '../event-row.ts'

/** What the children of one event of a page add up to. */
export type AggregateRow = {
  kind: 'edit' | 'thread' | 'reference'
  parent: number
  /** The position of the newest edit or reply, or of the reference. */
  position: number
  /** Threads: the number of replies, and whether one of them is by the viewer (0 or 1). */
  replies: number
  participated: number
  /** References: the event. */
  event_id: EventId | null
}

type Wanted = {
  parents: readonly number[]
  viewer: string
  /** The children by these users do not count. */
  ignored: readonly string[]
  /** The number of the newest references of an event that are left out after the first ones: `limit` - 1. */
  skip: number
}

const NOTHING = sql`0 as replies, 0 as participated, cast(null as text) as event_id`
const REPLIES = sql`, cast(null as text) as event_id`

/** The position of the oldest reference of `r.parent` that is part of its aggregation. */
const firstReference = (skip: number) => sql<number>`coalesce((select n.position from relations as n
  where n.parent = r.parent and n.rel_type = 'm.reference' and n.depth = 1
  order by n.position desc limit 1 offset ${skip}), 0)`

/** The aggregates of events whose later events are all visible for the viewer. */
export const aggregatesOf = query<Wanted>()<AggregateRow>((db, p, d): Compilable<AggregateRow> => {
  const parents = d.numbers(p.parents) as RawBuilder<number>
  const ignored = d.list(p.ignored)
  const rows = sql<AggregateRow>`select 'edit' as kind, e.position as parent, max(e.edit_position) as position, ${NOTHING}
      from edits as e where e.position in ${parents} group by e.position
    union all
    select 'thread', t.root, max(t.last_position), sum(t.replies),
        max(case when t.user_id = ${p.viewer} then 1 else 0 end)${REPLIES}
      from thread_participants as t
      where t.root in ${parents} and t.user_id not in ${ignored} group by t.root
    union all
    select 'reference', r.parent, r.position, 0, 0, c.event_id
      from relations as r join events as c on c.position = r.position
      where r.parent in ${parents} and r.rel_type = 'm.reference' and r.depth = 1
        and r.position >= ${firstReference(p.skip)} and r.sender not in ${ignored}`
  return { compile: () => rows.compile(db) }
})

type SpanOfParent = { parent: number; low: number; high: number }

/**
 * Like `aggregatesOf`, of the children in some spans of the history of each event. Reads all replies of the
 * threads.
 */
export const aggregatesInSpans = query<
  Omit<Wanted, 'parents'> & { spans: readonly SpanOfParent[] }
>()<AggregateRow>((db, p, d): Compilable<AggregateRow> => {
  const ignored = d.list(p.ignored)
  const spans = d.rows(p.spans, { parent: 'integer', low: 'integer', high: 'integer' })
  const children = sql`${spans} as v join relations as r
      on r.parent = v.parent and r.position between v.low and v.high and r.depth = 1`
  const rows = sql<AggregateRow>`select 'edit' as kind, e.position as parent, max(e.edit_position) as position, ${NOTHING}
        from ${spans} as v join edits as e on e.position = v.parent and e.edit_position between v.low and v.high
        group by e.position
      union all
      select 'thread', r.parent, max(r.position), count(*),
          max(case when r.sender = ${p.viewer} then 1 else 0 end)${REPLIES}
        from ${children}
        where r.rel_type = 'm.thread' and r.sender not in ${ignored} group by r.parent
      union all
      select 'reference', r.parent, r.position, 0, 0, c.event_id
        from ${children} join events as c on c.position = r.position
        where r.rel_type = 'm.reference' and r.position >= ${firstReference(p.skip)} and r.sender not in ${ignored}`
  return { compile: () => rows.compile(db) }
})

export const eventsAt = query<{ positions: readonly number[] }>()((db, p, d) =>
  db
    .selectFrom('events')
    .select(EVENT_COLUMNS)
    .where('position', 'in', d.numbers(p.positions) as RawBuilder<number>),
)
