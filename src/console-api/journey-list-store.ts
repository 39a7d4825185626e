import { type RawBuilder, sql } from 'kysely'
import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import { cohortAt, laterOf } from '../notifications/cohort-interval-sql.ts'
import { type Dialect, query } from '../storage/query.ts'

// The list of journeys has no table of its own: a row for each member of a room would cost more than the rest
// of the trace. Its events are read from the index of the events of a room, and their outcomes, queues and
// steps from the tables of the other stages.

/** Positions between `low` and `before`, without both. */
type Between = { userId: UserId; low: number; before: number; limit: number }

/** Messages that other users sent. Reactions and redactions are listed only if they notify. */
const isMessage = sql<boolean>`e.state_key is null and e.type not in ('m.reaction', 'm.room.redaction')`

/**
 * The events that concern a user, newest first: messages of others since the join in the joined rooms, and
 * other events that notify: those of the user's cohort (such as a change of state), and those of the user
 * alone (such as an invitation).
 */
const concerning = (p: Between, d: Dialect, roomId: RawBuilder<RoomId> | undefined) => {
  const inRoom = (column: RawBuilder<unknown>) => (roomId ? sql`and ${column} = ${roomId}` : sql``)
  const cohort = cohortAt(sql`${p.userId}`, sql`e.room_id`, sql`e.position`)
  return sql<{ position: number }>`
    select c.position from (
      select e.position from read_positions as r join events as e on e.room_id = r.room_id
      where r.user_id = ${p.userId} and r.thread_id = '' ${inRoom(sql`r.room_id`)}
        and e.position > ${laterOf(sql`r.joined_at`, d.integer(p.low))} and e.position < ${p.before}
        and e.sender <> ${p.userId}
        and ((${isMessage}) or exists (select 1 from cohort_outcomes as o
          where o.room_id = e.room_id and o.cohort = ${cohort} and o.position = e.position))
      union
      select x.position from exceptions as x
      where x.user_id = ${p.userId} and x.notify = 1 ${inRoom(sql`x.room_id`)}
        and x.position > ${p.low} and x.position < ${p.before}
    ) as c
    order by c.position desc limit ${d.integer(p.limit)}`
}

export const eventsConcerning = query<Between>()<{ position: number }>((db, p, d) => ({
  compile: () => concerning(p, d, undefined).compile(db),
}))

export const eventsConcerningInRoom = query<Between & { roomId: RoomId }>()<{ position: number }>(
  (db, p, d) => ({ compile: () => concerning(p, d, sql<RoomId>`${p.roomId}`).compile(db) }),
)

type OfPushers = { pusherIds: readonly number[]; low: number; before: number; limit: number }

/** The positions in rows of these pushers, newest first. Of each pusher as many rows as the page can hold are read. */
const ofPushers = (
  p: OfPushers,
  d: Dialect,
  { table, pusher }: { table: RawBuilder<unknown>; pusher: RawBuilder<unknown> },
) => {
  const oldest = sql<number>`coalesce((select o.position from ${table} as o
    where o.${pusher} = l.value and o.position > ${p.low} and o.position < ${p.before}
    order by o.position desc limit 1 offset ${d.integer(p.limit)} - 1), ${d.integer(p.low)} + 1)`
  return sql<{ position: number }>`
    select distinct i.position from ${d.numbers(p.pusherIds)} as l
      join ${table} as i on i.${pusher} = l.value and i.position >= ${oldest}
    where i.position < ${p.before}
    order by i.position desc limit ${d.integer(p.limit)}`
}

/** The events that are queued for one of these pushers. */
export const eventsQueued = query<OfPushers>()<{ position: number }>((db, p, d) => ({
  compile: () => ofPushers(p, d, { table: sql.table('lane_items'), pusher: sql.ref('lane_id') }).compile(db),
}))

/** The events that were not sent to one of these pushers, and end with one of the states in `ENDED`. */
export const eventsEnded = query<OfPushers>()<{ position: number }>((db, p, d) => ({
  compile: () =>
    ofPushers(p, d, { table: sql.table('trace_steps'), pusher: sql.ref('pusher_id') }).compile(db),
}))

export type ListedEvent = {
  position: number
  event_id: EventId
  room_id: RoomId
  type: string
  sender: UserId
  origin_server_ts: number
  redacted_by: EventId | null
  /** The cohort of the user in the present stay; null: an invitation. */
  cohort: string | null
  // The outcome that counts: of this user, else of the cohort. Actions null: there is none.
  notify: 0 | 1 | null
  actions: string | null
  rule_kind: string | null
  rule_id: string | null
  /** JSON list of `NotNotifiedDecision`. */
  decisions: string | null
}

/**
 * The events at these positions that the user may see, newest first, with what was decided for the user. An
 * event of an earlier stay is left out: its cohort is not known any more.
 */
export const listedEvents = query<{ userId: UserId; positions: readonly number[] }>()<ListedEvent>((
  db,
  p,
  d,
) => {
  const cohort = cohortAt(sql`${p.userId}`, sql`e.room_id`, sql`e.position`)
  const rows = sql<ListedEvent>`
      select e.position, e.event_id, e.room_id, e.type, e.sender, e.origin_server_ts, e.redacted_by,
        case when r.room_id is null then null else ${cohort} end as cohort,
        case when x.position is null then 1 else x.notify end as notify,
        case when x.position is null then o.actions else x.actions end as actions,
        case when x.position is null then o.rule_kind else x.rule_kind end as rule_kind,
        case when x.position is null then o.rule_id else x.rule_id end as rule_id,
        t.decisions
      from ${d.numbers(p.positions)} as w join events as e on e.position = w.value
        left join read_positions as r on r.user_id = ${p.userId} and r.room_id = e.room_id and r.thread_id = ''
          and r.joined_at < e.position
        left join exceptions as x on x.user_id = ${p.userId} and x.room_id = e.room_id and x.position = e.position
        left join cohort_outcomes as o on o.room_id = e.room_id and o.cohort = ${cohort} and o.position = e.position
          and r.room_id is not null
        left join trace_decisions as t on t.position = e.position
      where e.sender <> ${p.userId} and (r.room_id is not null or x.notify = 1)
      order by e.position desc`
  return { compile: () => rows.compile(db) }
})
