import { sql } from 'kysely'
import type { RoomId, UserId } from '../../src/lib/ids.ts'
import type { Database } from '../../src/storage/database.ts'
import { type Dialect, query } from '../../src/storage/query.ts'

// A million stored journeys, written with SQL, because a server would take an hour to send the messages.

export const EVENTS = 1_000_000
const ROOMS = 200
/** The rooms from this one on are muted. */
const FIRST_MUTED = 150
const QUEUED = 2000
/** One event of this number was read first, and one of ten times as many was dropped. */
const READ_EVERY = 1000
const SPAN_MS = 14 * 86_400_000
const AT_ONCE = 50_000

/** A member of all rooms, with the million journeys, and a member of one room of the server. */
export const HEAVY = '@heavy:localhost' as UserId
export const LIGHT = '@light:localhost' as UserId
/** The pushers of the heavy user, and the one of the light user. */
export const PHONE = 1
export const LAPTOP = 2
export const TABLET = 3
export const LIVELY_ROOM = '!room-0:localhost' as RoomId

type Range = { from: number; to: number; now: number }

/** Runs an insert whose source can use `i`, the numbers of the range. */
const fill = (build: (p: Range, d: Dialect) => ReturnType<typeof sql>) =>
  query<Range>()((db, p, d) => ({ compile: () => build(p, d).compile(db) }))

const numbers = (p: Range, d: Dialect) => sql`(with recursive n(i) as (
  select ${d.integer(p.from)} union all select i + 1 from n where i < ${d.integer(p.to)}) select i from n) as n`
const roomOf = sql`'!room-' || cast(i % ${sql.lit(ROOMS)} as text) || ':localhost'`
const timeOf = (p: Range, d: Dialect) =>
  sql`${d.integer(p.now)} - ${sql.lit(SPAN_MS)} + i * ${sql.lit(Math.floor(SPAN_MS / EVENTS))}`

const insertEvents = fill(
  (
    p,
    d,
  ) => sql`insert into events (position, event_id, room_id, type, sender, origin_server_ts, content, thread_id)
    select i, '$event-' || cast(i as text), ${roomOf}, 'm.room.message', '@sender-' || cast(i % 50 as text) || ':localhost',
      ${timeOf(p, d)}, '{"msgtype":"m.text","body":"hello"}', 'main' from ${numbers(p, d)}`,
)

const insertOutcomes = fill(
  (
    p,
    d,
  ) => sql`insert into cohort_outcomes (room_id, cohort, position, thread_id, highlight, actions, rule_kind, rule_id,
      total_notify, total_highlight, main_notify, main_highlight, thread_notify, thread_highlight)
    select ${roomOf}, 'default', i, 'main', 0, '["notify"]', 'underride', '.m.rule.message', i, 0, i, 0, i, 0
    from ${numbers(p, d)} where i % ${sql.lit(ROOMS)} < ${sql.lit(FIRST_MUTED)}`,
)

const insertDecisions = fill(
  (p, d) => sql`insert into trace_decisions (position, at, decisions)
    select i, ${timeOf(p, d)}, '[{"cohort":"default","reason":"does not notify","rule":{"kind":"room","ruleId":"' || ${roomOf} || '"}}]'
    from ${numbers(p, d)} where i % ${sql.lit(ROOMS)} >= ${sql.lit(FIRST_MUTED)}`,
)

/** The laptop is unreachable at the end: its last events are queued. */
const insertSteps = fill(
  (p, d) => sql`insert into trace_steps (position, at, steps)
    select i, ${timeOf(p, d)}, case
      when i > ${sql.lit(EVENTS - QUEUED)} then '[[1,"sent",null,200,12],[2,"failed","timeout",null,10000]]'
      when i % ${sql.lit(READ_EVERY)} = 0 then '[[2,"sent",null,200,12],[3,"sent",null,200,9]]'
      else '[[1,"sent",null,200,12],[2,"sent",null,200,14],[3,"sent",null,200,9]]' end
    from ${numbers(p, d)} where i % ${sql.lit(ROOMS)} < ${sql.lit(FIRST_MUTED)}`,
)

const insertEnds = fill(
  (p, d) => sql`insert into trace_steps (position, at, steps, pusher_id)
    select i, ${timeOf(p, d)}, case when i % ${sql.lit(READ_EVERY * 10)} = 0 then '[[1,"dropped","status 400",400,12]]'
      else '[[1,"skipped","read"]]' end, 1
    from ${numbers(p, d)} where i % ${sql.lit(READ_EVERY)} = 0`,
)

const insertQueued = fill(
  (p, d) => sql`insert into lane_items (lane_id, position, created_at)
    select 2, i, ${timeOf(p, d)} from ${numbers(p, d)}
    where i > ${sql.lit(EVENTS - QUEUED)} and i % ${sql.lit(ROOMS)} < ${sql.lit(FIRST_MUTED)}`,
)

const insertRooms = fill(
  (p, d) => sql`insert into rooms (room_id, version, creator, created_at, joined_count, name)
    select ${roomOf}, '11', '@sender-1:localhost', 0, 52, 'Room ' || cast(i as text) from ${numbers(p, d)}`,
)

const insertReadPositions = (userId: UserId) =>
  fill(
    (p, d) => sql`insert into read_positions (user_id, room_id, thread_id, position, joined_at)
      select ${userId}, ${roomOf}, '', 0, 0 from ${numbers(p, d)}`,
  )

const insertLanes = fill(
  (
    p,
    d,
  ) => sql`insert into lanes (lane_id, kind, destination, attempts, failing_since, next_attempt_at, last_error, last_error_at)
    select i, 'poke', 'http://gateway', 0, case when i = 2 then ${d.integer(p.now)} end, case when i = 2 then ${d.integer(p.now)} end,
      case when i = 2 then 'timeout' end, case when i = 2 then ${d.integer(p.now)} end from ${numbers(p, d)}`,
)

const insertPushers = fill(
  (
    p,
    d,
  ) => sql`insert into pushers (pusher_id, user_id, app_id, pushkey, kind, handle, handle_is_instance, app_display_name,
      device_display_name, lang, data, url, created_at, set_at)
    select i, case when i = 3 then ${LIGHT} else ${HEAVY} end, 'app', 'key-' || cast(i as text), 'http', 'handle', 0, 'App', 'Device',
      'en', '{}', 'http://gateway/', 0, 0 from ${numbers(p, d)}`,
)

const moveStream = fill((p, d) => sql`update stream set position = ${d.integer(p.to)}`)
/** As the vacuum of PostgreSQL does on a server; SQLite has no statistics. */
const analyze = fill(() => sql`analyze`)

export async function seedJourneys(db: Database, now: number): Promise<void> {
  const run = (statement: typeof insertEvents, from: number, to: number) =>
    db.transaction((tx) => tx.run(statement, { from, to, now }), { durably: false })
  await run(insertRooms, 0, ROOMS - 1)
  await run(insertReadPositions(HEAVY), 0, ROOMS - 1)
  await run(insertReadPositions(LIGHT), 0, 0)
  await run(insertLanes, 1, 3)
  await run(insertPushers, 1, 3)
  for (let from = 1; from <= EVENTS; from += AT_ONCE) {
    const to = Math.min(EVENTS, from + AT_ONCE - 1)
    for (const statement of [
      insertEvents,
      insertOutcomes,
      insertDecisions,
      insertSteps,
      insertEnds,
      insertQueued,
    ])
      await run(statement, from, to)
  }
  await run(moveStream, 0, EVENTS)
}

/** Only for PostgreSQL. */
export const analyzeTables = (db: Database) =>
  db.transaction((tx) => tx.run(analyze, { from: 0, to: 0, now: 0 }))
