import { query } from '../storage/query.ts'

export const useOf = query<{ nonce: string }>()((db, p) =>
  db.selectFrom('used_auth_sessions').select('nonce').where('nonce', '=', p.nonce),
)

/** Changes no row when the session was used before. */
export const recordUse = query<{ nonce: string; expiresAt: number }>()((db, p) =>
  db
    .insertInto('used_auth_sessions')
    .values({ nonce: p.nonce, expires_at: p.expiresAt })
    .onConflict((conflict) => conflict.column('nonce').doNothing()),
)

/** Deletes records of sessions that have expired since. */
export const deleteExpiredUses = query<{ now: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('used_auth_sessions')
    .where('nonce', 'in', (eb) =>
      eb
        .selectFrom('used_auth_sessions')
        .select('nonce')
        .where('expires_at', '<=', p.now)
        .orderBy('expires_at')
        .limit(p.limit),
    ),
)
