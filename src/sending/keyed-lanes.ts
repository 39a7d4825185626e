import { sql } from 'kysely'
import { type Queries, query } from '../storage/query.ts'
import type { LaneKind } from '../storage/sending-schema.ts'

// Lanes that their owner finds by a key. A lane is created with its first item and removed with its last one.

export type NewItem = {
  kind: LaneKind
  key: string
  destination: string
  /**
   * The number of failed attempts to send the item. If it is above 0, the back-off of the lane starts again
   * from it.
   */
  attempts: number
  /** Milliseconds since the Unix epoch. A lane that already waits keeps its own time if `attempts` is 0. */
  nextAttemptAt: number
  /** The last failure; null: none. */
  error: string | null
  now: number
}

const added = <T>(column: string) =>
  sql<T>`case when excluded.attempts > 0 then ${sql.ref(`excluded.${column}`)} else ${sql.ref(`lanes.${column}`)} end`

/** Gives a new item the last position of its lane, and creates the lane if it does not exist. */
export const openLane = query<NewItem>()((db, p, d) =>
  db
    .insertInto('lanes')
    .values({
      kind: p.kind,
      key: p.key,
      destination: p.destination,
      attempts: p.attempts,
      failing_since: sql<number>`case when ${d.integer(p.attempts)} > 0 then ${d.integer(p.now)} end`,
      next_attempt_at: p.nextAttemptAt,
      last_error: p.error,
      last_error_at: sql<number>`case when ${d.integer(p.attempts)} > 0 then ${d.integer(p.now)} end`,
      last_position: sql.lit(1),
    })
    .onConflict((oc) =>
      oc
        .columns(['kind', 'key'])
        .where('key', 'is not', null)
        .doUpdateSet({
          last_position: sql<number>`lanes.last_position + 1`,
          attempts: added('attempts'),
          failing_since: sql<number>`coalesce(lanes.failing_since, excluded.failing_since)`,
          next_attempt_at: sql<number>`case when excluded.attempts > 0 or lanes.next_attempt_at is null
            then excluded.next_attempt_at else lanes.next_attempt_at end`,
          last_error: added('last_error'),
          last_error_at: added('last_error_at'),
        }),
    )
    .returning(['lane_id', 'last_position']),
)

/**
 * The recipient of a lane was reached outside of the lane: its items are due now, and a failure of an attempt
 * in flight does not delay them.
 */
export const hastenLane = query<{ kind: LaneKind; key: string; now: number }>()((db, p) =>
  db
    .updateTable('lanes')
    .set((eb) => ({
      generation: eb('generation', '+', 1),
      attempts: sql.lit(0),
      failing_since: null,
      next_attempt_at: p.now,
      held_until: null,
    }))
    .where('kind', '=', p.kind)
    .where('key', '=', p.key)
    .returning(['lane_id', 'last_position']),
)

/**
 * Locks lanes until the commit. PostgreSQL does not wait: a lane that another transaction has locked is a
 * conflict, after which a repeatable transaction runs again.
 */
export const lockFreeKeyedLanes = query<{ kind: LaneKind; keys: readonly string[] }>()((db, p, d) => {
  const rows = db
    .selectFrom('lanes')
    .select('lane_id')
    .where('kind', '=', p.kind)
    .where('key', 'in', d.list(p.keys))
  return d.name === 'sqlite' ? rows : rows.forNoKeyUpdate().noWait()
})

/** An attempt outside of the lane failed: the items of the lane are sent at `at`. */
export const delayLane = query<{ laneId: number; attempts: number; at: number; now: number }>()((db, p, d) =>
  db
    .updateTable('lanes')
    .set((eb) => ({
      generation: eb('generation', '+', 1),
      attempts: p.attempts,
      failing_since: sql<number>`coalesce(failing_since, ${d.integer(p.now)})`,
      next_attempt_at: p.at,
    }))
    .where('lane_id', '=', p.laneId),
)

/** Lanes that wait for the end of a pause are due now. `reason`: the stored error of the pause. */
export const endPauses = query<{ kind: LaneKind; reason: string; now: number }>()((db, p) =>
  db
    .updateTable('lanes')
    .set({ next_attempt_at: p.now })
    .where('kind', '=', p.kind)
    .where('next_attempt_at', '>', p.now)
    .where('last_error', '=', p.reason),
)

type ReadLane = { lane_id: number; last_position: number }

/** Removes the lanes that have no items and got none since they were read. */
export async function removeEmpty(tx: Queries, lanes: readonly ReadLane[]): Promise<void> {
  if (lanes.length > 0) await tx.run(deleteEmpty, { lanes })
}

// Compares the last position too: another process may add an item that this statement does not see yet.
export const deleteEmpty = query<{ lanes: readonly ReadLane[] }>()((db, p, d) =>
  db
    .deleteFrom('lanes')
    .where((eb) =>
      eb(
        eb.refTuple('lane_id', 'last_position'),
        'in',
        eb
          .selectFrom(d.rows(p.lanes, { lane_id: 'integer', last_position: 'integer' }).as('r'))
          .select(['r.lane_id', 'r.last_position'])
          .$asTuple('lane_id', 'last_position'),
      ),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb.selectFrom('lane_items as i').select('i.position').whereRef('i.lane_id', '=', 'lanes.lane_id'),
        ),
      ),
    ),
)
