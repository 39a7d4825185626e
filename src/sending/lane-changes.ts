import { sql } from 'kysely'
import { type Queries, query } from '../storage/query.ts'
import type { LaneKind } from '../storage/sending-schema.ts'

// Changes that the owner of a lane makes without holding its lease.

type NewLane = { kind: LaneKind; destination: string }

/** Creates a lane without a key. Resolves to its id. */
export async function makeLane(tx: Queries, lane: NewLane): Promise<number> {
  const made = await tx.first(insertLane, lane)
  if (made === undefined) throw new Error('no lane was made')
  return made.lane_id
}

export const insertLane = query<NewLane>()((db, p) =>
  db.insertInto('lanes').values({ kind: p.kind, destination: p.destination }).returning('lane_id'),
)

export const deleteLanes = query<{ laneIds: readonly number[] }>()((db, p, d) =>
  db.deleteFrom('lanes').where('lane_id', 'in', d.numbers(p.laneIds)),
)

/** The recipient was set again: failures of earlier attempts no longer count. The state of failure stays. */
export const setAnew = query<{ laneId: number; destination: string }>()((db, p) =>
  db
    .updateTable('lanes')
    .set((eb) => ({ generation: eb('generation', '+', 1), destination: p.destination }))
    .where('lane_id', '=', p.laneId),
)

/** The destination has changed: resets the state of failure and the value that was told last. */
export const forgetFailures = query<{ laneId: number }>()((db, p) =>
  db
    .updateTable('lanes')
    .set({
      failing_since: null,
      attempts: sql.lit(0),
      next_attempt_at: null,
      last_error: null,
      last_error_at: null,
      last_success_at: null,
      value_told: null,
    })
    .where('lane_id', '=', p.laneId),
)

/** Disables a lane: removes its retry and its pending value. */
export const stopTrying = query<{ laneId: number }>()((db, p) =>
  db
    .updateTable('lanes')
    .set({
      failing_since: null,
      attempts: sql.lit(0),
      next_attempt_at: null,
      value_due: sql.lit(0),
      held_until: null,
    })
    .where('lane_id', '=', p.laneId),
)

/**
 * Another value takes the place of the lane's own for a while (of a badge: the token for an activation), and no wait is left.
 * `isDue`: it is to be told. `told`: what counts as told of the lane's own; null: nothing, and nothing of it is due.
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
 * The lane has its own value again: it is due if something counts as told of it. No wait is left, and none begins from a look
 * before this.
 */
export const endValueReplacement = query<{ laneId: number }>()((db, p) =>
  db
    .updateTable('lanes')
    .set({
      generation: sql<number>`generation + 1`,
      value_due: sql<number>`case when value_told is null then 0 else value_due + 1 end`,
      next_attempt_at: null,
    })
    .where('lane_id', '=', p.laneId),
)

/** The value that it was told last may be an old one. One that was told none has none to correct. */
export const tellValueAgain = query<{ laneId: number }>()((db, p) =>
  db
    .updateTable('lanes')
    .set((eb) => ({ value_due: eb('value_due', '+', 1) }))
    .where('lane_id', '=', p.laneId)
    .where('value_told', 'is not', null),
)

/** The destination answers again: retries are due now. */
export const endBackOff = query<{ laneId: number; generation: number }>()((db, p) =>
  db
    .updateTable('lanes')
    .set({ next_attempt_at: null })
    .where('lane_id', '=', p.laneId)
    .where('generation', '=', p.generation)
    .where('next_attempt_at', 'is not', null),
)
