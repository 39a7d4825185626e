import { sql } from 'kysely'
import type { Transaction } from '../storage/database.ts'
import { type Queries, query } from '../storage/query.ts'

// The items of lanes: the operations that are the same for all kinds. The owners of lanes add and read items
// themselves.

/**
 * The positions up to which the items of a lane are done. Urgent items precede ordinary ones; both are sent
 * in the order of their positions.
 */
export type Progress = { ordinary: number; urgent: number }

/** No item is done. */
export const AT_START: Progress = { ordinary: 0, urgent: 0 }

/**
 * Whether the lane of an update has items. Selects the first position instead of `exists`, for which
 * PostgreSQL may read the items of all lanes until it finds one of this lane.
 */
export const hasItems = sql<boolean>`(select min(i.position) from lane_items as i
  where i.lane_id = lanes.lane_id) is not null`

/** Removes single items. */
export function removeItems(tx: Transaction, items: readonly { laneId: number; position: number }[]): void {
  if (items.length === 0) return
  tx.write(removeDone, { items: items.map(({ laneId, position }) => ({ id: laneId, position })) })
}

/** Removes all items of these lanes. */
export async function clearItems(tx: Queries, laneIds: readonly number[]): Promise<void> {
  await tx.run(removeAll, { laneIds })
}

// Deletes by whole keys: for a range in each lane PostgreSQL expects a third of its backlog, and reads the
// whole table instead.
export const removeDone = query<{ items: readonly { id: number; position: number }[] }>()((db, p, d) =>
  db.deleteFrom('lane_items').where((eb) =>
    eb(
      eb.refTuple('lane_id', 'position'),
      'in',
      eb
        .selectFrom(d.rows(p.items, { id: 'integer', position: 'integer' }).as('r'))
        .select(['r.id', 'r.position'])
        .$asTuple('id', 'position'),
    ),
  ),
)

export const removeAll = query<{ laneIds: readonly number[] }>()((db, p, d) =>
  db.deleteFrom('lane_items').where('lane_id', 'in', d.numbers(p.laneIds)),
)
