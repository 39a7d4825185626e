import { sql } from 'kysely'
import { query } from '../storage/query.ts'

/** `at` is for all of them: those that are recorded together are so at one moment. */
type NewSteps = {
  at: number
  rows: readonly {
    pusher_id: number
    position: number
    step: string
    reason: string | null
    status: number | null
    ms: number | null
  }[]
}

const COLUMNS = ['pusher_id', 'position', 'at', 'step', 'reason'] as const

export const insertSteps = query<NewSteps>()((db, p, d) =>
  db
    .insertInto('trace_steps')
    .columns([...COLUMNS, 'status', 'ms'])
    .expression(
      db
        .selectFrom(
          d
            .rows(p.rows, {
              pusher_id: 'integer',
              position: 'integer',
              step: 'text',
              reason: 'text',
              status: 'integer',
              ms: 'integer',
            })
            .as('r'),
        )
        .select(['r.pusher_id', 'r.position', d.integer(p.at).as('at'), 'r.step', 'r.reason'])
        .select(['r.status', 'r.ms']),
    ),
)

type Cleared = { pusherIds: readonly number[]; reason: string; at: number }

/** All that waits for these pushers, but what has come to its end in this very transaction. */
export const insertCleared = query<Cleared>()((db, p, d) =>
  db
    .insertInto('trace_steps')
    .columns([...COLUMNS])
    .expression(
      db
        .selectFrom('outbox as o')
        .where('o.pusher_id', 'in', d.numbers(p.pusherIds))
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('trace_steps as t')
                .select('t.entry_id')
                .whereRef('t.position', '=', 'o.position')
                .whereRef('t.pusher_id', '=', 'o.pusher_id')
                .where('t.step', 'in', [sql.lit('rejected'), sql.lit('skipped')]),
            ),
          ),
        )
        .select(['o.pusher_id', 'o.position', d.integer(p.at).as('at')])
        .select([sql.lit('cleared').as('step'), d.text(p.reason).as('reason')])
        .orderBy('o.position'),
    ),
)

type Collapsed = {
  at: number
  items: readonly { id: number; up_to: number }[]
  keep: readonly { id: number; position: number }[]
  others: readonly { id: number; position: number; reason: string }[]
}

/** All ordinary rows of these pushers up to a position but those to keep: collapsed, unless `others` says otherwise. */
export const insertCollapsed = query<Collapsed>()((db, p, d) => {
  const place = { id: 'integer', position: 'integer' } as const
  return db
    .insertInto('trace_steps')
    .columns([...COLUMNS])
    .expression(
      db
        .selectFrom(d.rows(p.items, { id: 'integer', up_to: 'integer' }).as('r'))
        .innerJoin('outbox as o', 'o.pusher_id', 'r.id')
        .leftJoin(d.rows(p.keep, place).as('k'), (join) =>
          join.onRef('k.id', '=', 'o.pusher_id').onRef('k.position', '=', 'o.position'),
        )
        .leftJoin(d.rows(p.others, { ...place, reason: 'text' }).as('x'), (join) =>
          join.onRef('x.id', '=', 'o.pusher_id').onRef('x.position', '=', 'o.position'),
        )
        .whereRef('o.position', '<=', 'r.up_to')
        .where('o.urgent', '=', sql.lit(0))
        .where('k.position', 'is', null)
        .select(['o.pusher_id', 'o.position', d.integer(p.at).as('at'), sql.lit('skipped').as('step')])
        .select(sql<string>`coalesce(x.reason, 'collapsed')`.as('reason'))
        .orderBy('o.position'),
    )
})

/** The event that each of these pushers would send next, unless it is known to be held for that reason already. */
export const insertHeld = query<Cleared>()((db, p, d) =>
  db
    .insertInto('trace_steps')
    .columns([...COLUMNS])
    .expression(
      db
        .selectFrom(
          db
            .selectFrom('outbox as o')
            .where('o.pusher_id', 'in', d.numbers(p.pusherIds))
            .groupBy('o.pusher_id')
            .select(['o.pusher_id', (eb) => eb.fn.min('o.position').as('position')])
            .as('h'),
        )
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('trace_steps as t')
                .select('t.entry_id')
                .whereRef('t.position', '=', 'h.position')
                .whereRef('t.pusher_id', '=', 'h.pusher_id')
                .where('t.step', '=', sql.lit('held'))
                .where('t.reason', '=', p.reason),
            ),
          ),
        )
        .select(['h.pusher_id', 'h.position', d.integer(p.at).as('at')])
        .select([sql.lit('held').as('step'), d.text(p.reason).as('reason')]),
    ),
)

/** The steps of an event for these pushers, in their order. */
export const stepsOfEvent = query<{ position: number; pusherIds: readonly number[] }>()((db, p, d) =>
  db
    .selectFrom('trace_steps')
    .select(['pusher_id', 'at', 'step', 'reason', 'status', 'ms'])
    .where('position', '=', p.position)
    .where('pusher_id', 'in', d.numbers(p.pusherIds))
    .orderBy('entry_id'),
)
