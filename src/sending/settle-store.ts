import { type RawBuilder, sql } from 'kysely'
import type { Transaction } from '../storage/database.ts'
import { type Dialect, query } from '../storage/query.ts'
import { hasItems } from './item-store.ts'
import { type Lease, UNCERTAIN_VALUE } from './lane-store.ts'
import type { LaneState } from './transition.ts'

// The results that the holders of leases write to their lanes.

/** The values that one settling writes to one lane. */
export type LaneOutcome = {
  laneId: number
  /** The result of `transition` for the state that was read. It has the generation of that state. */
  state: LaneState
  /** The destination responded. This ends the state of failure even if the lane was set again since the look. */
  responded: boolean
  /** An item was delivered: `state` has no failure, no wait and no hold. Default: false. */
  delivered?: boolean
  /** Write the failure only if the lane has work: an empty lane is not failing. */
  onlyIfDue: boolean
  /** The value that the recipient has received, or `UNCERTAIN_VALUE`; null: this attempt sent none. */
  valueTold: number | null
  /** `value_due` as it was before the value was read; null: it was not read. */
  valueSeen: number | null
  /** The value becomes due. */
  raiseValue: boolean
  /** The lane must wait, so the lease ends. */
  waits: boolean
  /** The lease ends in any case. */
  release: boolean
}

/**
 * `more`: there is more to send, and the lease goes on. `idle`: nothing is left to send, and the lease goes
 * on. `released`: the lease has ended. `gone`: the lane does not exist any more, or the lease has another
 * owner.
 */
export type Turn = 'more' | 'idle' | 'released' | 'gone'

/**
 * Writes the new states of several lanes: those after a delivery in one statement, and all others in another
 * one. A lane whose lease has another owner now is not changed. The state of failure of a lane that was set
 * again since the look is not changed. The returned function gives the turns, after the commit.
 */
export function settleLanes(tx: Transaction, lease: Lease, outcomes: readonly LaneOutcome[]): () => Turn[] {
  const { deliveries = [], others = [] } = Object.groupBy(outcomes, kindOf)
  const written = { ...lease, keeps_idle: lease.keepsIdle === true ? 1 : 0 } as const
  const turns = new Map<number, Turn>()
  const note = (rows: readonly SettledRow[]) => {
    for (const row of rows) turns.set(row.lane_id, turnOf(row))
  }
  if (deliveries.length > 0)
    tx.write(settleDeliveries, { ...written, items: deliveries.map(deliveryRow) }, note)
  if (others.length > 0) tx.write(settle, { ...written, items: others.map(outcomeRow) }, note)
  return () => outcomes.map(({ laneId }) => turns.get(laneId) ?? 'gone')
}

const kindOf = ({ delivered, waits, raiseValue }: LaneOutcome) =>
  delivered === true && !waits && !raiseValue ? 'deliveries' : 'others'

type SettledRow = { lane_id: number; lease_owner: string | null; has_work: 0 | 1 }

function turnOf(row: SettledRow): Turn {
  if (row.lease_owner === null) return 'released'
  return row.has_work === 1 ? 'more' : 'idle'
}

const COLUMNS = {
  id: 'integer',
  gen: 'integer',
  tries: 'integer',
  failing: 'integer',
  retry_at: 'integer',
  hold_end: 'integer',
  fault: 'text',
  fault_at: 'integer',
  success_at: 'integer',
  responded: 'integer',
  only_if_due: 'integer',
  told: 'integer',
  seen: 'integer',
  raised: 'integer',
  waits: 'integer',
  give_back: 'integer',
} as const

const DELIVERY_COLUMNS = {
  id: 'integer',
  gen: 'integer',
  told: 'integer',
  seen: 'integer',
  give_back: 'integer',
} as const

type OutcomeRow = {
  [Name in keyof typeof COLUMNS]: (typeof COLUMNS)[Name] extends 'text' ? string | null : number | null
}
type DeliveryRow = Record<keyof typeof DELIVERY_COLUMNS, number | null>

type Settling = Lease & { keeps_idle: 0 | 1 }
type LeaseAfter = { mayContinue: RawBuilder<boolean>; left: RawBuilder<number> }

const outcomeRow = ({ laneId, state, ...outcome }: LaneOutcome): OutcomeRow => ({
  id: laneId,
  gen: state.generation,
  tries: state.attempts,
  failing: state.failingSince,
  retry_at: state.nextAttemptAt,
  hold_end: state.heldUntil,
  fault: state.lastError,
  fault_at: state.lastErrorAt,
  success_at: state.lastSuccessAt,
  responded: Number(outcome.responded),
  only_if_due: Number(outcome.onlyIfDue),
  told: outcome.valueTold,
  seen: outcome.valueSeen,
  raised: Number(outcome.raiseValue),
  waits: Number(outcome.waits),
  give_back: Number(outcome.release),
})

const deliveryRow = ({ laneId, state, ...outcome }: LaneOutcome): DeliveryRow => ({
  id: laneId,
  gen: state.generation,
  told: outcome.valueTold,
  seen: outcome.valueSeen,
  give_back: Number(outcome.release),
})

// `r` is the result. Columns without a prefix are the previous values of the lane.
const isSame = sql<boolean>`generation = r.gen`
const hasWork = sql<boolean>`(value_due > 0 or ${hasItems})`
const isIdle = sql<boolean>`(r.only_if_due = 1 and not ${hasWork})`
const valueLeft = sql<number>`(case when value_due = r.seen then 0 else value_due end)`
/** The end of the lease, or a later one. `mayContinue`: unless the lane has nothing to send. */
function leaseAfter(d: Dialect, p: Settling, { mayContinue, left }: LeaseAfter) {
  const continues = sql<boolean>`(${mayContinue} and (${d.integer(p.keeps_idle)} = 1 or ${left} > 0 or ${hasItems}))`
  return {
    lease_owner: sql<string>`case when ${continues} then lease_owner end`,
    lease_until: sql<number>`case when ${continues} then ${d.integer(p.until)} end`,
  }
}

/** The previous value, unless the result belongs to the current generation. */
const current = <T>(column: string, value: RawBuilder<T>) =>
  sql<T>`case when ${isSame} and not ${isIdle} then ${value} else ${sql.ref(column)} end`
const afterResponse = <T>(column: string, value: RawBuilder<T>) =>
  sql<T>`case when (${isSame} or r.responded = 1) and not ${isIdle} then ${value} else ${sql.ref(column)} end`

// A lane that was set again during the attempt may have another destination, which has no value yet.
const told = sql<number>`case when r.told is null or (value_told is null and not ${isSame}) then value_told
  when ${isSame} then r.told else ${sql.lit(UNCERTAIN_VALUE)} end`

/** After the update. */
const hasWorkNow = sql<0 | 1>`case when ${hasWork} then 1 else 0 end`.as('has_work')

export const settle = query<Settling & { items: readonly OutcomeRow[] }>()((db, p, d) =>
  db
    // Materialized, because SQLite would otherwise parse the JSON for each use of a value.
    .with(
      (cte) => cte('r').materialized(),
      (from) => from.selectFrom(d.rows(p.items, COLUMNS).as('j')).selectAll(),
    )
    .updateTable('lanes')
    .from('r')
    .set({
      attempts: afterResponse('attempts', sql<number>`r.tries`),
      failing_since: afterResponse('failing_since', sql<number>`r.failing`),
      next_attempt_at: sql<number>`case when not ${isSame} and r.responded = 0 then next_attempt_at
        when ${isIdle} then null else r.retry_at end`,
      held_until: afterResponse('held_until', sql<number>`r.hold_end`),
      last_success_at: afterResponse('last_success_at', sql<number>`r.success_at`),
      last_error: current('last_error', sql<string>`r.fault`),
      last_error_at: current('last_error_at', sql<number>`r.fault_at`),
      value_told: told,
      value_due: sql<number>`(${valueLeft} + r.raised)`,
      ...leaseAfter(d, p, {
        mayContinue: sql<boolean>`r.give_back = 0 and (r.waits = 0 or not ${isSame})`,
        left: sql<number>`${valueLeft} + r.raised`,
      }),
    })
    .whereRef('lanes.lane_id', '=', 'r.id')
    .where('lease_owner', '=', p.owner)
    .returning(['lane_id', 'lease_owner', hasWorkNow]),
)

// Most outcomes are deliveries. With five columns instead of 16, a row takes a third of the time on SQLite.
export const settleDeliveries = query<Settling & { items: readonly DeliveryRow[] }>()((db, p, d) =>
  db
    .with(
      (cte) => cte('r').materialized(),
      (from) => from.selectFrom(d.rows(p.items, DELIVERY_COLUMNS).as('j')).selectAll(),
    )
    .updateTable('lanes')
    .from('r')
    .set({
      attempts: 0,
      failing_since: null,
      next_attempt_at: null,
      held_until: null,
      last_success_at: p.now,
      value_told: told,
      value_due: valueLeft,
      ...leaseAfter(d, p, { mayContinue: sql<boolean>`r.give_back = 0`, left: valueLeft }),
    })
    .whereRef('lanes.lane_id', '=', 'r.id')
    .where('lease_owner', '=', p.owner)
    .returning(['lane_id', 'lease_owner', hasWorkNow]),
)
