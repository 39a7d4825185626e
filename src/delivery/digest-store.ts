import { sql, type RawBuilder } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Transaction } from '../storage/database.ts'
import { query } from '../storage/query.ts'

// Digests of push rules: items whose payload is the digest. They are sent whatever the rules say about their event.

/**
 * The digest of the item of a lane at a position, as JSON; null: the rules decide about the item. One look-up
 * by key.
 */
export const digestAt = (laneId: string, position: RawBuilder<unknown>) =>
  sql<string | null>`(select i.payload from lane_items as i
    where i.lane_id = ${sql.ref(laneId)} and i.position = ${position})`

/** An e-mail pusher mails the events themselves, up to this number. */
const MAX_MAILED = 50

export type QueuedDigest = {
  userId: UserId
  /** Only the pushers with this handle; undefined: all pushers of the user. */
  handle: string | undefined
  /** Of the events, the newest first. A poke has the newest event. */
  positions: readonly number[]
  digest: JsonObject
  now: number
}

/** Adds the digest to the queues of pushers. Resolves to the ids of the pushers. */
export async function enqueueDigest(tx: Transaction, work: QueuedDigest): Promise<number[]> {
  const { userId, handle, positions, now } = work
  const payload = JSON.stringify(work.digest)
  const rows = (of: readonly number[]) => of.map((position) => ({ position }))
  const common = { userId, handle: handle ?? '', payload, now }
  const poked = await tx.all(addDigests, { ...common, items: rows(positions.slice(0, 1)), isMail: 0 })
  await tx.all(addDigests, { ...common, items: rows(positions.slice(0, MAX_MAILED)), isMail: 1 })
  return poked.map((row) => row.lane_id)
}

type Added = {
  userId: UserId
  /** '': all. */
  handle: string
  payload: string
  now: number
  items: readonly { position: number }[]
  isMail: 0 | 1
}

export const addDigests = query<Added>()((db, p, d) =>
  db
    .insertInto('lane_items')
    .columns(['lane_id', 'position', 'created_at', 'urgent', 'payload'])
    .expression(
      db
        .selectFrom('pushers as p')
        .innerJoin(d.rows(p.items, { position: 'integer' }).as('r'), (join) => join.onTrue())
        .where('p.user_id', '=', p.userId)
        .where(sql<boolean>`(${d.text(p.handle)} = '' or p.handle = ${d.text(p.handle)})`)
        .where(sql<boolean>`(p.kind = 'email') = (${d.integer(p.isMail)} = 1)`)
        .where('p.enabled', '=', sql.lit(1))
        .where('p.activated', '=', sql.lit(1))
        .select([
          'p.pusher_id as lane_id',
          'r.position',
          d.integer(p.now).as('created_at'),
          sql<0>`0`.as('urgent'),
          d.text(p.payload).as('payload'),
        ]),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['lane_id', 'position'])
        .doUpdateSet((eb) => ({ payload: eb.ref('excluded.payload') })),
    )
    .returning('lane_id'),
)
