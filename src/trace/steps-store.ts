import { sql } from 'kysely'
import type { Transaction } from '../storage/database.ts'
import { type Queries, query } from '../storage/query.ts'
import type { StreamPoint } from '../storage/stream-point.ts'
import { isEnd } from './device-state.ts'
import type { PusherRule } from './notify-reason.ts'
import type { ReasonOf, SkipReason } from './vocabulary.ts'

// A row of `trace_steps` contains the steps of one event that were recorded together, for up to STEPS_PER_ROW
// pushers. So a message to a hundred pushers needs a few rows, a fifth of the cost of one row for each
// (docs/decisions/0008). The last step of an event that was not sent (`isEnd`) has a row of its own with the
// id of the pusher, so that it can be found by the pusher (docs/decisions/0045).

/** A stored step of one event for one pusher. */
export type StoredStep = {
  pusherId: number
  position: number
  step: string
  reason: string | null
  status: number | null
  ms: number | null
  /** For `sent`: the device should fetch the event now. Absent: not known. */
  isFetchExpected?: true
  /** For `skipped`: the push rule that decided. Absent: none, or not known. */
  rule?: PusherRule | undefined
}

/** An entry of the JSON list in `trace_steps.steps`. Null values at the end may be missing. */
type PackedStep = [
  pusherId: number,
  step: string,
  reason?: string | null,
  status?: number | null,
  ms?: number | null,
  isFetchExpected?: 1 | null,
  rule?: PackedRule,
]

type PackedRule = [
  scope: PusherRule['scope'],
  kind: string,
  ruleId: string,
  until?: number | null,
  schedule?: string,
]

const STEPS_PER_ROW = 32

export function addSteps(tx: Transaction, at: number, steps: readonly StoredStep[]): void {
  const rows = packRows(steps)
  const [first, second] = rows
  if (first === undefined) return
  if (second === undefined) tx.write(insertSteps, { at, ...first })
  else tx.write(insertStepRows, { at, rows })
}

type StepsRow = { position: number; steps: string; pusher_id: number | null }

function packRows(steps: readonly StoredStep[]): StepsRow[] {
  const open = new Map<number, PackedStep[]>()
  const rows: { position: number; list: PackedStep[]; pusher_id: number | null }[] = []
  const ended = new Set<string>()
  for (const one of steps) {
    const { pusherId, position } = one
    const packed = packedStep(one)
    if (isEnd(one)) {
      rows.push({ position, list: [packed], pusher_id: pusherId })
      ended.add(`${position} ${pusherId}`)
      continue
    }
    let list = open.get(position)
    // A step after the end of the same pusher belongs after that row.
    if (ended.size > 0 && ended.has(`${position} ${pusherId}`)) list = undefined
    if (list === undefined || list.length === STEPS_PER_ROW) {
      list = []
      open.set(position, list)
      rows.push({ position, list, pusher_id: null })
    }
    list.push(packed)
  }
  return rows.map(({ list, ...row }) => ({ ...row, steps: JSON.stringify(list) }))
}

function packedStep({ pusherId, step, reason, status, ms, isFetchExpected, rule }: StoredStep): PackedStep {
  if (rule !== undefined) return [pusherId, step, reason, status, ms, null, packedRule(rule)]
  return isFetchExpected ? [pusherId, step, reason, status, ms, 1] : [pusherId, step, reason, status, ms]
}

function packedRule({ scope, kind, ruleId, until, schedule }: PusherRule): PackedRule {
  if (schedule !== undefined) return [scope, kind, ruleId, until ?? null, schedule]
  return until === undefined ? [scope, kind, ruleId] : [scope, kind, ruleId, until]
}

function ruleOfPacked([scope, kind, ruleId, until = null, schedule]: PackedRule): PusherRule {
  return {
    scope,
    kind,
    ruleId,
    ...(until !== null && { until }),
    ...(schedule !== undefined && { schedule }),
  }
}

/** The steps of an event for these pushers, in order. */
export async function stepsOf(
  q: Queries,
  of: { position: number; pusherIds: readonly number[] },
): Promise<(StoredStep & { at: number })[]> {
  const wanted = new Set(of.pusherIds)
  return (await q.all(stepsOfEvent, of)).flatMap(stepsOfRow).filter(({ pusherId }) => wanted.has(pusherId))
}

/** The steps of several events for these pushers, in order, by position. */
export async function stepsOfEvents(
  q: Queries,
  { positions, pusherIds }: { positions: readonly number[]; pusherIds: readonly number[] },
): Promise<Map<number, (StoredStep & { at: number })[]>> {
  if (pusherIds.length === 0) return new Map()
  const wanted = new Set(pusherIds)
  const rows = await q.all(stepsAt, { positions, pusherIds })
  const steps = rows.flatMap(stepsOfRow).filter(({ pusherId }) => wanted.has(pusherId))
  return Map.groupBy(steps, ({ position }) => position)
}

/** The steps in a row. */
export function stepsOfRow({
  position,
  at,
  steps,
}: {
  position: number
  at: number
  steps: string
}): (StoredStep & { at: number })[] {
  return (JSON.parse(steps) as PackedStep[]).map(
    ([pusherId, step, reason = null, status = null, ms = null, isFetchExpected, rule]) => ({
      pusherId,
      position,
      at,
      step,
      reason,
      status,
      ms,
      ...(isFetchExpected === 1 && { isFetchExpected: true }),
      ...(rule !== undefined && { rule: ruleOfPacked(rule) }),
    }),
  )
}

/** The oldest queued event of each of these pushers. */
export async function oldestQueued(
  q: Queries,
  pusherIds: readonly number[],
): Promise<{ pusherId: number; position: number }[]> {
  const rows = await q.all(oldestWaiting, { pusherIds })
  return rows.map((row) => ({ pusherId: row.pusher_id, position: row.position }))
}

export const insertSteps = query<StepsRow & { at: number }>()((db, p) =>
  db
    .insertInto('trace_steps')
    .values({ position: p.position, at: p.at, steps: p.steps, pusher_id: p.pusher_id }),
)

export const insertStepRows = query<{ at: number; rows: readonly StepsRow[] }>()((db, p, d) =>
  db
    .insertInto('trace_steps')
    .columns(['position', 'at', 'steps', 'pusher_id'])
    .expression(
      db
        .selectFrom(d.rows(p.rows, { position: 'integer', steps: 'text', pusher_id: 'integer' }).as('r'))
        .select(['r.position', d.integer(p.at).as('at'), 'r.steps', 'r.pusher_id']),
    ),
)

type Cleared = { pusherIds: readonly number[]; reason: ReasonOf<'cleared'>; at: number }

/** Records that all queued events of these pushers are cleared. */
export const insertCleared = query<Cleared>()((db, p, d) =>
  db
    .insertInto('trace_steps')
    .columns(['position', 'at', 'steps', 'pusher_id'])
    .expression(
      db
        .selectFrom('lane_items as o')
        .where('o.lane_id', 'in', d.numbers(p.pusherIds))
        .select(['o.position', d.integer(p.at).as('at')])
        .select(sql<string>`'[[' || o.lane_id || ',"cleared","' || ${d.text(p.reason)} || '"]]'`.as('steps'))
        .select('o.lane_id as pusher_id')
        .orderBy('o.position'),
    ),
)

/** An event of a backlog that is skipped for another reason than `collapsed`. */
export type OtherReason = { position: number; reason: SkipReason; rule?: PusherRule | undefined }

type Collapsed = {
  pusherId: number
  at: number
  upTo: StreamPoint
  keep: readonly number[]
  others: readonly OtherReason[]
}

/**
 * Records all rows of a pusher that are not urgent, up to a point and except `keep`, as collapsed or with the
 * reason in `others`.
 */
export async function addCollapsed(tx: Queries, { others, ...collapsed }: Collapsed): Promise<void> {
  const packed = others.map(({ position, reason, rule }) => ({ position, packed: packedOther(reason, rule) }))
  await tx.run(insertCollapsed, { ...collapsed, others: packed })
}

/** The part of a `PackedStep` after the id of the pusher. */
const packedOther = (reason: SkipReason, rule: PusherRule | undefined): string =>
  JSON.stringify(
    rule === undefined ? ['skipped', reason] : ['skipped', reason, null, null, null, packedRule(rule)],
  ).slice(1, -1)

export const insertCollapsed = query<
  Omit<Collapsed, 'others'> & { others: readonly { position: number; packed: string }[] }
>()((db, p, d) =>
  db
    .insertInto('trace_steps')
    .columns(['position', 'at', 'steps', 'pusher_id'])
    .expression(
      db
        .selectFrom('lane_items as o')
        .leftJoin(
          d.rows(p.others, { position: 'integer', packed: 'text' }).as('x'),
          'x.position',
          'o.position',
        )
        .where('o.lane_id', '=', p.pusherId)
        .where(d.isUpTo('o.position', p.upTo))
        .where('o.urgent', '=', sql.lit(0))
        .where('o.position', 'not in', d.numbers(p.keep))
        .select(['o.position', d.integer(p.at).as('at')])
        .select(
          sql<string>`'[[' || o.lane_id || ',' || coalesce(x.packed, '"skipped","collapsed"') || ']]'`.as(
            'steps',
          ),
        )
        .select('o.lane_id as pusher_id')
        .orderBy('o.position'),
    ),
)

// A subquery and not a group: it costs one index lookup for each pusher, for any length of the queue.
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

/**
 * The rows of several events that contain a step for one of these pushers. An event in a large room has
 * hundreds of other rows.
 */
export const stepsAt = query<{ positions: readonly number[]; pusherIds: readonly number[] }>()((db, p, d) =>
  db
    .selectFrom('trace_steps')
    .select(['position', 'at', 'steps'])
    .where('position', 'in', d.numbers(p.positions))
    .where(
      sql<boolean>`exists (select 1 from ${d.numbers(p.pusherIds)} as l where steps like '%[' || l.value || ',%')`,
    )
    .orderBy('entry_id'),
)
