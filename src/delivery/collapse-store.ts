import { sql } from 'kysely'
import { type Queries, query } from '../storage/query.ts'

/** What may go of a pusher's outbox: all ordinary rows up to a position but those to keep. */
export type Collapsed = { upTo: number; keep: readonly number[] }

export async function removeCollapsed(
  tx: Queries,
  pushers: readonly ({ pusherId: number } & Collapsed)[],
): Promise<void> {
  const items = pushers.map(({ pusherId, upTo }) => ({ id: pusherId, up_to: upTo }))
  const keep = pushers.flatMap(({ pusherId, keep: kept }) =>
    kept.map((position) => ({ id: pusherId, position })),
  )
  await tx.run(removeAllBut, { items, keep })
}

/** The ordinary rows of a pusher below a position, the newest first, with where their events belong. */
export const backlogPage = query<{ pusherId: number; before: number; limit: number }>()((db, p) =>
  db
    .selectFrom('outbox as o')
    .leftJoin('events as e', 'e.position', 'o.position')
    .where('o.pusher_id', '=', p.pusherId)
    .where('o.urgent', '=', sql.lit(0))
    .where('o.position', '<', p.before)
    .select(['o.position', 'e.room_id', 'e.thread_id'])
    .orderBy('o.position', 'desc')
    .limit(p.limit),
)

type Items = {
  items: readonly { id: number; up_to: number }[]
  keep: readonly { id: number; position: number }[]
}

export const removeAllBut = query<Items>()((db, p, d) =>
  db.deleteFrom('outbox').where((eb) =>
    eb(
      eb.refTuple('pusher_id', 'position'),
      'in',
      eb
        .selectFrom(d.rows(p.items, { id: 'integer', up_to: 'integer' }).as('r'))
        .innerJoin('outbox as o', 'o.pusher_id', 'r.id')
        .leftJoin(d.rows(p.keep, { id: 'integer', position: 'integer' }).as('k'), (join) =>
          join.onRef('k.id', '=', 'o.pusher_id').onRef('k.position', '=', 'o.position'),
        )
        .whereRef('o.position', '<=', 'r.up_to')
        .where('o.urgent', '=', sql.lit(0))
        .where('k.position', 'is', null)
        .select(['o.pusher_id', 'o.position'])
        .$asTuple('pusher_id', 'position'),
    ),
  ),
)
