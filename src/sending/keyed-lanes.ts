import { sql } from 'kysely'
import { type Queries, query } from '../storage/query.ts'
import type { LaneKind } from '../storage/sending-schema.ts'

// Lanes that their owner finds by a key: they are made with their first item and removed with their last one.

/** A place at the end of a lane. */
export type Place = { laneId: number; position: number }

export type NewItem = {
  kind: LaneKind
  key: string
  destination: string
  /** Attempts to send the item that have failed. If there were some, the lane starts its back-off anew with them. */
  attempts: number
  /** Milliseconds since the Unix epoch. A lane that waits already, and has no failure to add, keeps its own time. */
  nextAttemptAt: number
  /** The last failure; null: there was none. */
  error: string | null
  now: number
}

/** Takes the place at the end of a lane, which is made if there is none. */
export async function takePlace(tx: Queries, item: NewItem): Promise<Place> {
  const row = await tx.first(openLane, item)
  if (row === undefined) throw new Error('the lane gave no place')
  return { laneId: row.lane_id, position: row.last_position }
}

const added = <T>(column: string) =>
  sql<T>`case when excluded.attempts > 0 then ${sql.ref(`excluded.${column}`)} else ${sql.ref(`lanes.${column}`)} end`

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
 * The recipient of a lane was reached outside of the lane: what waits for it is due now, and a failure of an attempt that is under way
 * does not delay it. Resolves to the lane; undefined: nothing waits.
 */
export async function hasten(
  tx: Queries,
  lane: { kind: LaneKind; key: string; now: number },
): Promise<KnownLane | undefined> {
  const row = await tx.first(hastenLane, lane)
  return row && { laneId: row.lane_id, lastPosition: row.last_position }
}

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

/** An attempt outside of the lane has failed: what waits in the lane is tried then. */
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

/** Lanes that wait for the end of a pause are tried now. `reason`: the word that their pauses have as their error. */
export const endPauses = query<{ kind: LaneKind; reason: string; now: number }>()((db, p) =>
  db
    .updateTable('lanes')
    .set({ next_attempt_at: p.now })
    .where('kind', '=', p.kind)
    .where('next_attempt_at', '>', p.now)
    .where('last_error', '=', p.reason),
)

/** A lane as it was read. */
export type KnownLane = { laneId: number; lastPosition: number }

/** Removes those of the lanes that have no items any more, and were given none since they were read. */
export async function removeEmpty(tx: Queries, lanes: readonly KnownLane[]): Promise<void> {
  if (lanes.length === 0) return
  await tx.run(deleteEmpty, {
    items: lanes.map(({ laneId, lastPosition }) => ({ id: laneId, last: lastPosition })),
  })
}

// By the last position too: another process may be adding an item, which this statement does not see yet.
export const deleteEmpty = query<{ items: readonly { id: number; last: number }[] }>()((db, p, d) =>
  db
    .deleteFrom('lanes')
    .where((eb) =>
      eb(
        eb.refTuple('lane_id', 'last_position'),
        'in',
        eb
          .selectFrom(d.rows(p.items, { id: 'integer', last: 'integer' }).as('r'))
          .select(['r.id', 'r.last'])
          .$asTuple('id', 'last'),
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
