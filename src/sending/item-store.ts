import { sql } from 'kysely'
import { type Queries, query } from '../storage/query.ts'

// What waits in lanes, as far as it is the same for all kinds. Owners put it there, and read it, themselves.

/**
 * How far the items of a lane are worked off. What is urgent goes before all that is not; each of the two goes in the order of
 * its positions.
 */
export type Progress = { ordinary: number; urgent: number }

/** Nothing is. */
export const AT_START: Progress = { ordinary: 0, urgent: 0 }

/**
 * Whether something waits in the lane of an update. As the first position, not as `exists`: for that PostgreSQL may read
 * through the items of all lanes until it meets one of this one.
 */
export const hasItems = sql<boolean>`(select min(i.position) from lane_items as i
  where i.lane_id = lanes.lane_id) is not null`

/** Takes single items away. */
export async function removeItems(
  tx: Queries,
  items: readonly { laneId: number; position: number }[],
): Promise<void> {
  if (items.length === 0) return
  await tx.run(removeDone, { items: items.map(({ laneId, position }) => ({ id: laneId, position })) })
}

/** Takes away all that waits in these lanes. */
export async function clearItems(tx: Queries, laneIds: readonly number[]): Promise<void> {
  await tx.run(removeAll, { laneIds })
}

// By whole keys: for a range of each lane PostgreSQL expects a third of its backlog, and reads the whole table instead.
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
