import { sql } from 'kysely'
import { query } from '../storage/query.ts'

export const insertLeftover = query<{ blobKey: string; now: number; dueAt: number }>()((db, p) =>
  db
    .insertInto('media_leftovers')
    .values({ blob_key: p.blobKey, since: p.now, due_at: p.dueAt, failures: sql.lit(0) }),
)

export const deleteLeftover = query<{ blobKey: string }>()((db, p) =>
  db.deleteFrom('media_leftovers').where('blob_key', '=', p.blobKey),
)

/**
 * For an upload that is complete. Changes no row if the blob counts as abandoned: it may be removed already,
 * at least in part.
 */
export const takeLeftover = query<{ blobKey: string; now: number }>()((db, p) =>
  db
    .deleteFrom('media_leftovers')
    .where('blob_key', '=', p.blobKey)
    .where('due_at', '>', p.now)
    .where('failures', '=', sql.lit(0)),
)

/** After a failed removal. */
export const postponeLeftover = query<{ blobKey: string; dueAt: number }>()((db, p) =>
  db
    .updateTable('media_leftovers')
    .set({ due_at: p.dueAt, failures: sql`failures + 1` })
    .where('blob_key', '=', p.blobKey),
)

/** The uploads that began before this time are over: their process has died. */
export const expireLeftovers = query<{ before: number }>()((db, p) =>
  db
    .updateTable('media_leftovers')
    .set({ due_at: sql.lit(0) })
    .where('since', '<', p.before),
)

export const dueLeftovers = query<{ now: number; limit: number }>()((db, p) =>
  db
    .selectFrom('media_leftovers')
    .select(['blob_key', 'failures'])
    .where('due_at', '<=', p.now)
    .orderBy('due_at')
    .limit(p.limit),
)
