import { sql } from 'kysely'
import { type Queries, query } from '../storage/query.ts'
import type { ReasonOf, SkipReason } from './vocabulary.ts'

// A row of `trace_steps` holds what was recorded at one moment of one event, for up to STEPS_PER_ROW pushers: a message to a
// hundred pushers is a few rows and not a hundred. It costs a fifth of a row for each (docs/decisions/0008).

/** What became of one event for one pusher, as it is kept. */
export type KeptStep = {
  pusherId: number
  position: number
  step: string
  reason: string | null
  status: number | null
  ms: number | null
}

/** In `trace_steps.steps`, a JSON list of these; what is null at the end may be missing. */
type Packed = [
  pusherId: number,
  step: string,
  reason?: string | null,
  status?: number | null,
  ms?: number | null,
]

const STEPS_PER_ROW = 32

export async function addSteps(q: Queries, at: number, steps: readonly KeptStep[]): Promise<void> {
  const rows = packed(steps)
  const [first, second] = rows
  if (first === undefined) return
  if (second === undefined) await q.run(insertSteps, { at, ...first })
  else await q.run(insertStepRows, { at, rows })
}

function packed(steps: readonly KeptStep[]): { position: number; steps: string }[] {
  const open = new Map<number, Packed[]>()
  const rows: { position: number; list: Packed[] }[] = []
  for (const { pusherId, position, step, reason, status, ms } of steps) {
    let list = open.get(position)
    if (list === undefined || list.length === STEPS_PER_ROW) {
      list = []
      open.set(position, list)
      rows.push({ position, list })
    }
    list.push([pusherId, step, reason, status, ms])
  }
  return rows.map(({ position, list }) => ({ position, steps: JSON.stringify(list) }))
}

/** The steps of an event for these pushers, in their order. */
export async function stepsOf(
  q: Queries,
  of: { position: number; pusherIds: readonly number[] },
): Promise<(KeptStep & { at: number })[]> {
  const wanted = new Set(of.pusherIds)
  return (await q.all(stepsOfEvent, of)).flatMap(unpacked).filter(({ pusherId }) => wanted.has(pusherId))
}

/** What a row holds. */
export function unpacked({
  position,
  at,
  steps,
}: {
  position: number
  at: number
  steps: string
}): (KeptStep & { at: number })[] {
  return (JSON.parse(steps) as Packed[]).map(([pusherId, step, reason = null, status = null, ms = null]) => ({
    pusherId,
    position,
    at,
    step,
    reason,
    status,
    ms,
  }))
}

/** The event that each of these pushers has waited for longest. */
export async function headsWaiting(
  q: Queries,
  pusherIds: readonly number[],
): Promise<{ pusherId: number; position: number }[]> {
  const rows = await q.all(oldestWaiting, { pusherIds })
  return rows.map((row) => ({ pusherId: row.pusher_id, position: row.position }))
}

export const insertSteps = query<{ position: number; at: number; steps: string }>()((db, p) =>
  db.insertInto('trace_steps').values({ position: p.position, at: p.at, steps: p.steps }),
)

export const insertStepRows = query<{ at: number; rows: readonly { position: number; steps: string }[] }>()(
  (db, p, d) =>
    db
      .insertInto('trace_steps')
      .columns(['position', 'at', 'steps'])
      .expression(
        db
          .selectFrom(d.rows(p.rows, { position: 'integer', steps: 'text' }).as('r'))
          .select(['r.position', d.integer(p.at).as('at'), 'r.steps']),
      ),
)

type Cleared = { pusherIds: readonly number[]; reason: ReasonOf<'cleared'>; at: number }

/** All that waits for these pushers. */
export const insertCleared = query<Cleared>()((db, p, d) =>
  db
    .insertInto('trace_steps')
    .columns(['position', 'at', 'steps'])
    .expression(
      db
        .selectFrom('lane_items as o')
        .where('o.lane_id', 'in', d.numbers(p.pusherIds))
        .select(['o.position', d.integer(p.at).as('at')])
        .select(sql<string>`'[[' || o.lane_id || ',"cleared","' || ${d.text(p.reason)} || '"]]'`.as('steps'))
        .orderBy('o.position'),
    ),
)

type Collapsed = {
  pusherId: number
  at: number
  upTo: number
  keep: readonly number[]
  others: readonly { position: number; reason: SkipReason }[]
}

/** All ordinary rows of a pusher up to a position but those to keep: collapsed, unless `others` says otherwise. */
export const insertCollapsed = query<Collapsed>()((db, p, d) =>
  db
    .insertInto('trace_steps')
    .columns(['position', 'at', 'steps'])
    .expression(
      db
        .selectFrom('lane_items as o')
        .leftJoin(
          d.rows(p.others, { position: 'integer', reason: 'text' }).as('x'),
          'x.position',
          'o.position',
        )
        .where('o.lane_id', '=', p.pusherId)
        .where('o.position', '<=', p.upTo)
        .where('o.urgent', '=', sql.lit(0))
        .where('o.position', 'not in', d.numbers(p.keep))
        .select(['o.position', d.integer(p.at).as('at')])
        .select(
          sql<string>`'[[' || o.lane_id || ',"skipped","' || coalesce(x.reason, 'collapsed') || '"]]'`.as(
            'steps',
          ),
        )
        .orderBy('o.position'),
    ),
)

// A column of its own, not a group: one look into the index for each pusher, however long the queue.
const oldestPosition = sql<number>`(select min(o.position) from lane_items as o where o.lane_id = ids.value)`

export const oldestWaiting = query<{ pusherIds: readonly number[] }>()((db, p, d) =>
  db
    .selectFrom((from) =>
      from
        .selectFrom(sql<{ value: number }>`${d.numbers(p.pusherIds)}`.as('ids'))
        .select(['ids.value as pusher_id', oldestPosition.as('position')])
        .as('w'),
    )
    .select(['w.pusher_id', 'w.position'])
    .where('w.position', 'is not', null),
)

export const stepsOfEvent = query<{ position: number }>()((db, p) =>
  db
    .selectFrom('trace_steps')
    .select(['position', 'at', 'steps'])
    .where('position', '=', p.position)
    .orderBy('entry_id'),
)
