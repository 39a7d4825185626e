import { type RawBuilder, sql } from 'kysely'
import { type Dialect, type Queries, query } from '../storage/query.ts'
import type { QueryBuilder } from '../storage/query-builder.ts'
import type { LaneKind } from '../storage/sending-schema.ts'

// Changes that the owner of a lane makes without holding its lease.

type NewLane = { kind: LaneKind; destination: string }

/** Creates a lane without a key. Resolves to its id. */
export async function makeLane(tx: Queries, lane: NewLane): Promise<number> {
  const made = await tx.first(insertLane, lane)
  if (made === undefined) throw new Error('no lane was created')
  return made.lane_id
}

export const insertLane = query<NewLane>()((db, p) =>
  db.insertInto('lanes').values({ kind: p.kind, destination: p.destination }).returning('lane_id'),
)

/**
 * A list of lanes for an update of them. PostgreSQL locks the lanes in the order of their ids, so that two
 * transactions which update some of the same lanes do not wait for each other. A transaction that also writes
 * items or pushers locks its lanes first (`lockLanes`).
 */
export function lanesInOrder(db: QueryBuilder, d: Dialect, laneIds: RawBuilder<number>): RawBuilder<number> {
  if (d.name === 'sqlite') return laneIds
  const rows = db.selectFrom('lanes as l').select('l.lane_id').where('l.lane_id', 'in', laneIds)
  return sql<number>`${rows.orderBy('l.lane_id').forUpdate()}`
}

const lanesOf = (db: QueryBuilder, d: Dialect, laneIds: readonly number[]) =>
  db.selectFrom('lanes').select('lane_id').where('lane_id', 'in', d.numbers(laneIds)).orderBy('lane_id')

/** Locks lanes until the commit, in the order of their ids. SQLite has one writer, and needs no lock. */
export const lockLanes = query<{ laneIds: readonly number[] }>()((db, p, d) => {
  const rows = lanesOf(db, d, p.laneIds)
  return d.name === 'sqlite' ? rows : rows.forUpdate()
})

/**
 * The same without waiting: a lane that another transaction has locked is a conflict, after which a
 * repeatable transaction runs again.
 */
export const lockFreeLanes = query<{ laneIds: readonly number[] }>()((db, p, d) => {
  const rows = lanesOf(db, d, p.laneIds)
  return d.name === 'sqlite' ? rows : rows.forNoKeyUpdate().noWait()
})

/** Locks those of the lanes that no other transaction has locked. */
export const lockAnyFreeLanes = query<{ laneIds: readonly number[] }>()((db, p, d) => {
  const rows = lanesOf(db, d, p.laneIds)
  return d.name === 'sqlite' ? rows : rows.forNoKeyUpdate().skipLocked()
})

/** Those of the lanes that exist. */
export const existingLanes = query<{ laneIds: readonly number[] }>()((db, p, d) => lanesOf(db, d, p.laneIds))

export const deleteLanes = query<{ laneIds: readonly number[] }>()((db, p, d) =>
  db.deleteFrom('lanes').where('lane_id', 'in', lanesInOrder(db, d, d.numbers(p.laneIds))),
)

/** The recipient was set again: failures of earlier attempts no longer count. The state of failure stays. */
export const raiseGeneration = query<{ laneId: number; destination: string }>()((db, p) =>
  db
    .updateTable('lanes')
    .set((eb) => ({ generation: eb('generation', '+', 1), destination: p.destination }))
    .where('lane_id', '=', p.laneId),
)

const NO_FAILURE = { failing_since: null, attempts: sql.lit(0), next_attempt_at: null }

/** The destination has changed: resets the state of failure and the last sent value. */
export const resetFailures = query<{ laneId: number }>()((db, p) =>
  db
    .updateTable('lanes')
    .set({
      ...NO_FAILURE,
      last_error: null,
      last_error_at: null,
      last_success_at: null,
      value_told: null,
    })
    .where('lane_id', '=', p.laneId),
)

/** Disables a lane: removes its retry and its pending value. */
export const disableLane = query<{ laneId: number }>()((db, p) =>
  db
    .updateTable('lanes')
    .set({
      ...NO_FAILURE,
      value_due: sql.lit(0),
      held_until: null,
    })
    .where('lane_id', '=', p.laneId),
)

/**
 * Replaces the value of the lane temporarily (the badge by the token for an activation), and ends all waits.
 * `isDue`: the replacement must be sent. `told`: the stored last sent value of the lane's own; null: none,
 * and it is not due.
 */
export const replaceValue = query<{ laneId: number; isDue: 0 | 1; told: number | null }>()((db, p, d) =>
  db
    .updateTable('lanes')
    .set({
      // A counter, not a flag: an attempt in flight must not clear a newer value.
      value_due: sql<number>`case when ${d.integer(p.isDue)} = 1 then value_due + 1 else 0 end`,
      value_told: p.told,
      next_attempt_at: null,
      held_until: null,
    })
    .where('lane_id', '=', p.laneId),
)

/**
 * Restores the value of the lane: it is due if it has a last sent value. Ends all waits, also for visits that
 * looked before this change.
 */
export const restoreValue = query<{ laneId: number }>()((db, p) =>
  db
    .updateTable('lanes')
    .set({
      generation: sql<number>`generation + 1`,
      value_due: sql<number>`case when value_told is null then 0 else value_due + 1 end`,
      next_attempt_at: null,
    })
    .where('lane_id', '=', p.laneId),
)

/**
 * Makes the value due again, because the recipient may have an old one. A lane that never sent a value is not
 * changed.
 */
export const makeValueDue = query<{ laneId: number }>()((db, p) =>
  db
    .updateTable('lanes')
    .set((eb) => ({ value_due: eb('value_due', '+', 1) }))
    .where('lane_id', '=', p.laneId)
    .where('value_told', 'is not', null),
)

/** The destination responds again: retries are due now. */
export const endBackOff = query<{ laneId: number; generation: number }>()((db, p) =>
  db
    .updateTable('lanes')
    .set({ next_attempt_at: null })
    .where('lane_id', '=', p.laneId)
    .where('generation', '=', p.generation)
    .where('next_attempt_at', 'is not', null),
)
