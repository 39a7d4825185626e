import { type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import { type Event, MAIN_THREAD } from '../lib/matrix-event.ts'
import type { RuleOutcome } from '../push-rules/index.ts'
import type { Transaction } from '../storage/database.ts'
import type { QueryBuilder } from '../storage/query-builder.ts'
import { type Queries, query } from '../storage/query.ts'
import { DEFAULT_COHORT } from './cohort.ts'
import { isOfInvitation } from './invitation-sql.ts'

// The outcomes of events: those of the cohorts with their running totals, and the exceptions of single users.

/** Writes the outcomes of a notifying event for the cohorts, and updates the running totals. */
export function addCohortOutcomes(
  tx: Transaction,
  { roomId, threadId, position }: InThread,
  outcomes: ReadonlyMap<string, RuleOutcome>,
): void {
  const rows = [...outcomes].map(([cohort, outcome]) => ({
    cohort,
    highlight: flag(outcome.highlight),
    actions: JSON.stringify(outcome.actions),
    rule_kind: outcome.rule?.kind ?? '',
    rule_id: outcome.rule?.ruleId ?? '',
  }))
  const shared = rows.find((row) => row.cohort === DEFAULT_COHORT)
  const others = rows.filter((row) => row !== shared)
  if (shared && threadId === MAIN_THREAD) tx.write(insertMainOutcome, { roomId, position, ...shared })
  else if (shared) tx.write(insertOutcome, { roomId, threadId, position, ...shared })
  if (others.length > 0) tx.write(insertOutcomes, { roomId, threadId, position, rows: others })
  if (threadId === MAIN_THREAD || rows.length === 0) return
  tx.write(touchThreads, { roomId, threadId, position, rows: rows.map(({ cohort }) => ({ cohort })) })
}

const flag = (value: boolean): 0 | 1 => (value ? 1 : 0)

export type PersonalOutcome = {
  userId: UserId
  outcome: RuleOutcome
  /** The value that the cohort counts, subtracted for this user. */
  counted: RuleOutcome
}

/** Writes the outcomes of users for whom the event differs from their cohort. */
export function addExceptions(
  tx: Transaction,
  { roomId, threadId, position }: InThread,
  exceptions: readonly PersonalOutcome[],
): void {
  tx.write(insertExceptions, {
    roomId,
    position,
    threadId,
    exceptions: exceptions.map(({ userId, outcome, counted }) => ({
      user_id: userId,
      notify: flag(outcome.notify),
      highlight: flag(outcome.highlight),
      cohort_notify: flag(counted.notify),
      cohort_highlight: flag(counted.highlight),
      actions: JSON.stringify(outcome.actions),
      rule_kind: outcome.rule?.kind ?? null,
      rule_id: outcome.rule?.ruleId ?? null,
    })),
  })
}

/** Removes an event from all counts. Returns false when no user counted it. A current invitation still counts. */
export async function retractOutcomes(q: Queries, event: EventKey): Promise<boolean> {
  const retracted = (await q.run(markRetracted, event)) + (await q.run(markOthersRetracted, event))
  const deleted = await q.run(deleteExceptionsOfEvent, event)
  return retracted > 0 || deleted > 0
}

export type EventKey = Pick<Event, 'roomId' | 'position'>

type OutcomeRow = {
  cohort: string
  highlight: 0 | 1
  actions: string
  rule_kind: string
  rule_id: string
}
type InThread = EventKey & Pick<Event, 'threadId'>

/**
 * The last outcomes before this event, as joins: `o` of the cohort, `t` of the cohort in a thread other than
 * 'main'. The position comes first, from a covering index, then its row: see `threadTotal`.
 */
const lastOf = (
  { roomId, cohort }: { roomId: RoomId; cohort: RawBuilder<unknown> },
  threadId?: string,
): RawBuilder<number> =>
  sql<number>`(select max(l.position) from cohort_outcomes as l
    where l.room_id = ${roomId} and l.cohort = ${cohort}${threadId === undefined ? sql`` : sql` and l.thread_id = ${threadId} and l.thread_id <> 'main'`})`

/** The columns of the totals, with the joins of `lastOf`: `t` only where the thread can be another than 'main'. */
const totals = (thread: RawBuilder<string> | typeof MAIN_THREAD, highlight: RawBuilder<number>) => [
  sql<number>`coalesce(o.total_notify, 0) + 1`.as('total_notify'),
  sql<number>`coalesce(o.total_highlight, 0) + ${highlight}`.as('total_highlight'),
  sql<number>`coalesce(o.main_notify, 0) + ${inMain(thread, sql.lit(1), sql.lit(0))}`.as('main_notify'),
  sql<number>`coalesce(o.main_highlight, 0) + ${inMain(thread, highlight, sql.lit(0))}`.as('main_highlight'),
  sql<number>`coalesce(${inMain(thread, sql`o.main_notify`, sql`t.thread_notify`)}, 0) + 1`.as(
    'thread_notify',
  ),
  sql<number>`coalesce(${inMain(thread, sql`o.main_highlight`, sql`t.thread_highlight`)}, 0) + ${highlight}`.as(
    'thread_highlight',
  ),
  sql.lit(0).as('retracted'),
]

function inMain(
  thread: Parameters<typeof totals>[0],
  then: RawBuilder<unknown>,
  otherwise: RawBuilder<unknown>,
) {
  return thread === MAIN_THREAD ? then : sql`case when ${thread} = 'main' then ${then} else ${otherwise} end`
}

const OUTCOME_COLUMNS = [
  'room_id',
  'cohort',
  'position',
  'thread_id',
  'highlight',
  'actions',
  'rule_kind',
  'rule_id',
  'total_notify',
  'total_highlight',
  'main_notify',
  'main_highlight',
  'thread_notify',
  'thread_highlight',
  'retracted',
] as const

/**
 * For the default cohort, which every room has, and an event of the main thread, as most are: it needs only
 * one of the two joins of `insertOutcome`.
 */
export const insertMainOutcome = query<EventKey & OutcomeRow>()((db, p, d) => {
  const { roomId, cohort } = p
  const one = db.selectFrom(sql<{ one: number }>`(select 1 as one)`.as('r'))
  // PostgreSQL starts a plan of one table sooner, and SQLite would copy the row into a table of its own.
  const withLast =
    d.name === 'sqlite'
      ? one.leftJoin('cohort_outcomes as o', (join) =>
          join
            .on('o.room_id', '=', roomId)
            .on('o.cohort', '=', cohort)
            .on('o.position', '=', lastOf({ roomId, cohort: sql`${cohort}` })),
        )
      : one.leftJoin(lastRow(db, p).as('o'), (join) => join.onTrue())
  return db
    .insertInto('cohort_outcomes')
    .columns(OUTCOME_COLUMNS)
    .expression(
      (withLast as typeof one)
        .select([
          d.text(roomId).as('room_id'),
          d.text(cohort).as('cohort'),
          d.integer(p.position).as('position'),
          sql.lit(MAIN_THREAD).as('thread_id'),
          d.integer(p.highlight).as('highlight'),
          d.text(p.actions).as('actions'),
          d.text(p.rule_kind).as('rule_kind'),
          d.text(p.rule_id).as('rule_id'),
        ])
        .select(totals(MAIN_THREAD, d.integer(p.highlight))),
    )
})

const lastRow = (db: QueryBuilder, { roomId, cohort }: { roomId: RoomId; cohort: string }) =>
  db
    .selectFrom('cohort_outcomes as l')
    .select(['l.total_notify', 'l.total_highlight', 'l.main_notify', 'l.main_highlight'])
    .where('l.room_id', '=', roomId)
    .where('l.cohort', '=', cohort)
    .orderBy('l.position', 'desc')
    .limit(sql.lit(1))

/** For the default cohort, and an event of another thread. */
export const insertOutcome = query<InThread & OutcomeRow>()((db, p, d) => {
  const { roomId, threadId } = p
  const place = { roomId, cohort: sql`${p.cohort}` }
  return db
    .insertInto('cohort_outcomes')
    .columns(OUTCOME_COLUMNS)
    .expression(
      db
        .selectFrom(sql<{ one: number }>`(select 1 as one)`.as('r'))
        .leftJoin('cohort_outcomes as o', (join) =>
          join
            .on('o.room_id', '=', roomId)
            .on('o.cohort', '=', p.cohort)
            .on('o.position', '=', lastOf(place)),
        )
        .leftJoin('cohort_outcomes as t', (join) =>
          join
            .on('t.room_id', '=', roomId)
            .on('t.cohort', '=', p.cohort)
            .on('t.position', '=', lastOf(place, threadId)),
        )
        .select([
          d.text(roomId).as('room_id'),
          d.text(p.cohort).as('cohort'),
          d.integer(p.position).as('position'),
          d.text(threadId).as('thread_id'),
          d.integer(p.highlight).as('highlight'),
          d.text(p.actions).as('actions'),
          d.text(p.rule_kind).as('rule_kind'),
          d.text(p.rule_id).as('rule_id'),
        ])
        .select(totals(d.text(threadId), d.integer(p.highlight))),
    )
})

/** For all other cohorts that are notified, in one statement. */
export const insertOutcomes = query<InThread & { rows: readonly OutcomeRow[] }>()((db, p, d) => {
  const { roomId, threadId } = p
  const place = { roomId, cohort: sql`r.cohort` }
  const columns = {
    cohort: 'text',
    highlight: 'integer',
    actions: 'text',
    rule_kind: 'text',
    rule_id: 'text',
  } as const
  return db
    .insertInto('cohort_outcomes')
    .columns(OUTCOME_COLUMNS)
    .expression(
      db
        .selectFrom(d.rows(p.rows, columns).as('r'))
        .leftJoin('cohort_outcomes as o', (join) =>
          join
            .on('o.room_id', '=', roomId)
            .onRef('o.cohort', '=', 'r.cohort')
            .on('o.position', '=', lastOf(place)),
        )
        .leftJoin('cohort_outcomes as t', (join) =>
          join
            .on('t.room_id', '=', roomId)
            .onRef('t.cohort', '=', 'r.cohort')
            .on('t.position', '=', lastOf(place, threadId)),
        )
        .select([
          d.text(roomId).as('room_id'),
          'r.cohort',
          d.integer(p.position).as('position'),
          d.text(threadId).as('thread_id'),
        ])
        .select(['r.highlight', 'r.actions', 'r.rule_kind', 'r.rule_id'])
        .select(totals(d.text(threadId), sql<number>`r.highlight`)),
    )
})

export const touchThreads = query<InThread & { rows: readonly { cohort: string }[] }>()((db, p, d) =>
  db
    .insertInto('cohort_threads')
    .columns(['room_id', 'cohort', 'thread_id', 'last_position'])
    .expression(
      db
        .selectFrom(d.rows(p.rows, { cohort: 'text' }).as('r'))
        .select([
          d.text(p.roomId).as('room_id'),
          'r.cohort',
          d.text(p.threadId).as('thread_id'),
          d.integer(p.position).as('last_position'),
        ])
        // Without a condition, SQLite would parse "on conflict" as the condition of a join.
        .where(sql.lit(1), '=', sql.lit(1)),
    )
    .onConflict((conflict) =>
      conflict.columns(['room_id', 'cohort', 'thread_id']).doUpdateSet((eb) => ({
        last_position: eb.ref('excluded.last_position'),
      })),
    ),
)

type NewExceptions = InThread & {
  exceptions: readonly {
    user_id: UserId
    notify: 0 | 1
    highlight: 0 | 1
    cohort_notify: 0 | 1
    cohort_highlight: 0 | 1
    actions: string
    rule_kind: string | null
    rule_id: string | null
  }[]
}

export const EXCEPTION_COLUMNS = [
  'user_id',
  'room_id',
  'position',
  'thread_id',
  'notify',
  'highlight',
  'cohort_notify',
  'cohort_highlight',
  'actions',
  'rule_kind',
  'rule_id',
] as const

export const insertExceptions = query<NewExceptions>()((db, p, d) =>
  db
    .insertInto('exceptions')
    .columns(EXCEPTION_COLUMNS)
    .expression(
      db
        .selectFrom(
          d
            .rows(p.exceptions, {
              user_id: 'text',
              notify: 'integer',
              highlight: 'integer',
              cohort_notify: 'integer',
              cohort_highlight: 'integer',
              actions: 'text',
              rule_kind: 'text',
              rule_id: 'text',
            })
            .as('r'),
        )
        .select([
          'r.user_id',
          d.text(p.roomId).as('room_id'),
          d.integer(p.position).as('position'),
          d.text(p.threadId).as('thread_id'),
          'r.notify',
          'r.highlight',
          'r.cohort_notify',
          'r.cohort_highlight',
          'r.actions',
          'r.rule_kind',
          'r.rule_id',
        ]),
    ),
)

export const markRetracted = query<EventKey>()((db, p) =>
  db
    .updateTable('cohort_outcomes')
    .set({ retracted: 1 })
    .where('room_id', '=', p.roomId)
    .where('cohort', '=', DEFAULT_COHORT)
    .where('position', '=', p.position)
    .where('retracted', '=', sql.lit(0)),
)

/** Uses an index that holds only the other cohorts: few events have such rows. */
export const markOthersRetracted = query<EventKey>()((db, p) =>
  db
    .updateTable('cohort_outcomes')
    .set({ retracted: 1 })
    .where('position', '=', p.position)
    .where('cohort', '<>', sql.lit(DEFAULT_COHORT))
    .where('retracted', '=', sql.lit(0)),
)

/** The current invitation keeps its row, because the badge of the invited user is derived from it. */
export const deleteExceptionsOfEvent = query<EventKey>()((db, p) =>
  db
    .deleteFrom('exceptions')
    .where('room_id', '=', p.roomId)
    .where('position', '=', p.position)
    .where(sql<boolean>`not ${isOfInvitation}`),
)
