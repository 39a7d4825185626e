import { type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import type { Outcome } from '../push-rules/index.ts'
import { type Queries, query } from '../storage/query.ts'
import { DEFAULT_COHORT } from './cohort.ts'
import { MAIN_THREAD, type NotifiableEvent } from './event.ts'

// What events mean to whom: the cohorts' outcomes with their running totals, and the exceptions from them.

/** Writes what an event that notifies means to a cohort, and carries the totals on. */
export async function addCohortOutcome(
  q: Queries,
  event: NotifiableEvent,
  outcome: Outcome,
  cohort: string = DEFAULT_COHORT,
): Promise<void> {
  const { roomId, threadId, position } = event
  await q.run(insertOutcome, {
    roomId,
    cohort,
    position,
    threadId,
    highlight: flag(outcome.highlight),
    actions: JSON.stringify(outcome.actions),
    ruleKind: outcome.rule?.kind ?? '',
    ruleId: outcome.rule?.ruleId ?? '',
  })
  if (threadId !== MAIN_THREAD) await q.run(touchThread, { roomId, cohort, threadId, position })
}

const flag = (value: boolean): 0 | 1 => (value ? 1 : 0)

export type PersonalOutcome = { userId: UserId; outcome: Outcome }

/** Writes for whom an event means something else than for the cohort. */
export async function addExceptions(
  q: Queries,
  event: NotifiableEvent,
  cohortOutcome: Outcome,
  people: readonly PersonalOutcome[],
): Promise<void> {
  await q.run(insertExceptions, {
    roomId: event.roomId,
    position: event.position,
    threadId: event.threadId,
    cohortNotify: flag(cohortOutcome.notify),
    cohortHighlight: flag(cohortOutcome.highlight),
    people: people.map(({ userId, outcome }) => ({
      user_id: userId,
      notify: flag(outcome.notify),
      highlight: flag(outcome.highlight),
      actions: JSON.stringify(outcome.actions),
      rule_kind: outcome.rule?.kind ?? null,
      rule_id: outcome.rule?.ruleId ?? null,
    })),
  })
}

/** Takes an event out of all counts. False: it counted for nobody. */
export async function retractOutcomes(q: Queries, event: EventPlace): Promise<boolean> {
  const retracted = await q.run(markRetracted, event)
  const deleted = await q.run(deleteExceptionsOfEvent, event)
  return retracted > 0 || deleted > 0
}

export type EventPlace = { roomId: RoomId; position: number }

type NewOutcome = {
  roomId: RoomId
  cohort: string
  position: number
  threadId: string
  highlight: 0 | 1
  actions: string
  ruleKind: string
  ruleId: string
}

type Total = 'total_notify' | 'total_highlight' | 'thread_notify' | 'thread_highlight'

export const insertOutcome = query<NewOutcome>()((db, p, d) => {
  const cohort = db
    .selectFrom('cohort_outcomes as o')
    .where('o.room_id', '=', p.roomId)
    .where('o.cohort', '=', p.cohort)
  // The place first, from an index that has it all, then its row: see `threadTotal`.
  const ofRoom = cohort.select((eb) => eb.fn.max('o.position').as('position'))
  const ofThread = ofRoom.where('o.thread_id', '=', p.threadId)
  const last = (column: Total) => {
    const place = column.startsWith('thread') ? ofThread : ofRoom
    return sql<number>`coalesce((${cohort.select(`o.${column}`).where('o.position', '=', place)}), 0)`
  }
  return db.insertInto('cohort_outcomes').values({
    room_id: p.roomId,
    cohort: p.cohort,
    position: p.position,
    thread_id: p.threadId,
    highlight: p.highlight,
    actions: p.actions,
    rule_kind: p.ruleKind,
    rule_id: p.ruleId,
    total_notify: sql<number>`${last('total_notify')} + 1`,
    total_highlight: sql<number>`${last('total_highlight')} + ${d.integer(p.highlight)}`,
    thread_notify: sql<number>`${last('thread_notify')} + 1`,
    thread_highlight: sql<number>`${last('thread_highlight')} + ${d.integer(p.highlight)}`,
    retracted: sql.lit(0),
  })
})

export const touchThread = query<{ roomId: RoomId; cohort: string; threadId: string; position: number }>()(
  (db, p) =>
    db
      .insertInto('cohort_threads')
      .values({ room_id: p.roomId, cohort: p.cohort, thread_id: p.threadId, last_position: p.position })
      .onConflict((conflict) =>
        conflict.columns(['room_id', 'cohort', 'thread_id']).doUpdateSet((eb) => ({
          last_position: eb.ref('excluded.last_position'),
        })),
      ),
)

type NewExceptions = EventPlace & {
  threadId: string
  cohortNotify: 0 | 1
  cohortHighlight: 0 | 1
  people: readonly {
    user_id: UserId
    notify: 0 | 1
    highlight: 0 | 1
    actions: string
    rule_kind: string | null
    rule_id: string | null
  }[]
}

export const insertExceptions = query<NewExceptions>()((db, p, d) =>
  db
    .insertInto('exceptions')
    .columns([
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
    ])
    .expression(
      db
        .selectFrom(
          d
            .rows(p.people, {
              user_id: 'text',
              notify: 'integer',
              highlight: 'integer',
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
          d.integer(p.cohortNotify).as('cohort_notify'),
          d.integer(p.cohortHighlight).as('cohort_highlight'),
          'r.actions',
          'r.rule_kind',
          'r.rule_id',
        ]),
    ),
)

export const markRetracted = query<EventPlace>()((db, p) =>
  db
    .updateTable('cohort_outcomes')
    .set({ retracted: 1 })
    .where('room_id', '=', p.roomId)
    .where('cohort', '=', DEFAULT_COHORT)
    .where('position', '=', p.position)
    .where('retracted', '=', sql.lit(0)),
)

export const deleteExceptionsOfEvent = query<EventPlace>()((db, p) =>
  db.deleteFrom('exceptions').where('room_id', '=', p.roomId).where('position', '=', p.position),
)

/** The row that says what an event means to a person: their own where there is one, else the cohort's. */
export const outcomeFor = query<EventPlace & { userId: UserId }>()((db, p) => {
  const own = db
    .selectFrom('exceptions')
    .select(['notify', 'highlight', 'actions', 'rule_kind', 'rule_id', sql<number>`1`.as('own')])
    .where('user_id', '=', p.userId)
    .where('room_id', '=', p.roomId)
    .where('position', '=', p.position)
  const shared = db
    .selectFrom('cohort_outcomes')
    .select([
      sql<0 | 1>`1`.as('notify'),
      'highlight',
      'actions',
      'rule_kind',
      'rule_id',
      sql<number>`0`.as('own'),
    ])
    .where('room_id', '=', p.roomId)
    .where('cohort', '=', DEFAULT_COHORT)
    .where('position', '=', p.position)
    .where('retracted', '=', sql.lit(0))
  return own.unionAll(shared).orderBy('own', 'desc').limit(sql.lit(1))
})

type Named = { userId: UserId; displayname: string | null }
type Mentioned = { roomId: RoomId; sender: UserId; userIds: readonly string[] }

/** Those of the mentioned who are members and did not write the event themselves. */
export async function findMentioned(q: Queries, params: Mentioned): Promise<Named[]> {
  return q.all(mentionedMembers, params)
}

type NamedIn = { roomId: RoomId; sender: UserId; keys: readonly string[] }

/** Members whose display name or localpart may stand in a text with these keys (`push-rules/mention-index.ts`). */
export async function findNamed(q: Queries, params: NamedIn): Promise<Named[]> {
  return q.all(membersByKey, params)
}

export const mentionedMembers = query<Mentioned>()((db, p, d) =>
  db
    .selectFrom('memberships')
    .select(['user_id as userId', 'displayname'])
    .where('room_id', '=', p.roomId)
    .where('user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>)
    .where('user_id', '<>', p.sender)
    .where('membership', '=', 'join'),
)

// From each key to its members, and in two lookups: with `or`, or a list to search in, SQLite and PostgreSQL both think
// of reading the whole room (SQLite keeps to the order of a cross join).
export const membersByKey = query<NamedIn>()((db, p, d) => {
  const by = (column: 'name_key' | 'localpart_key') =>
    db
      .selectFrom(sql<{ value: string }>`${d.list(p.keys)}`.as('k'))
      .crossJoin('memberships as i')
      .where('i.room_id', '=', p.roomId)
      .whereRef(`i.${column}`, '=', 'k.value')
      .select('i.user_id')
  return db
    .selectFrom('memberships')
    .select(['user_id as userId', 'displayname'])
    .where('room_id', '=', p.roomId)
    .where('user_id', 'in', by('name_key').union(by('localpart_key')))
    .where('user_id', '<>', p.sender)
    .where('membership', '=', 'join')
})
