import { sql } from 'kysely'
import { query } from '../storage/query.ts'

/**
 * Times are in milliseconds. `step`: the time in which one attempt is refilled. `latest`: the latest
 * `full_at` that leaves an attempt.
 */
type Taking = { keyHash: string; now: number; step: number; latest: number }

/** Takes one attempt. Changes no row when there is none. */
export const takeAttempt = query<Taking>()((db, p, d) =>
  db
    .insertInto('attempts')
    .values({ key_hash: p.keyHash, full_at: sql<number>`${d.integer(p.now)} + ${d.integer(p.step)}` })
    .onConflict((conflict) =>
      conflict
        .column('key_hash')
        .doUpdateSet({
          full_at: sql<number>`${d.greatest(sql<number>`attempts.full_at`, d.integer(p.now))} + ${d.integer(p.step)}`,
        })
        .where('attempts.full_at', '<=', p.latest),
    ),
)

export const attemptsFullAt = query<{ keyHash: string }>()((db, p) =>
  db.selectFrom('attempts').select('full_at').where('key_hash', '=', p.keyHash),
)

/** Corrects a time that no process with this clock can have written. */
export const limitFullAt = query<{ keyHash: string; most: number }>()((db, p) =>
  db
    .updateTable('attempts')
    .set({ full_at: p.most })
    .where('key_hash', '=', p.keyHash)
    .where('full_at', '>', p.most),
)

export const giveAttemptBack = query<{ keyHash: string; step: number }>()((db, p, d) =>
  db
    .updateTable('attempts')
    .set({ full_at: sql<number>`full_at - ${d.integer(p.step)}` })
    .where('key_hash', '=', p.keyHash),
)

export const deleteFull = query<{ keyHash: string; now: number }>()((db, p) =>
  db.deleteFrom('attempts').where('key_hash', '=', p.keyHash).where('full_at', '<=', p.now),
)

/** Deletes rows that count no attempt any more. */
export const deleteAllFull = query<{ now: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('attempts')
    .where('key_hash', 'in', (eb) =>
      eb
        .selectFrom('attempts')
        .select('key_hash')
        .where('full_at', '<=', p.now)
        .orderBy('full_at')
        .limit(p.limit),
    ),
)
