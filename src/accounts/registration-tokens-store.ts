import { sql } from 'kysely'
import { query } from '../storage/query.ts'

export const registrationTokens = query()((db) =>
  db.selectFrom('registration_tokens').selectAll().orderBy('created_at').orderBy('token'),
)

export const registrationToken = query<{ token: string }>()((db, p) =>
  db.selectFrom('registration_tokens').selectAll().where('token', '=', p.token),
)

/** Changes no row when the token exists. */
export const insertRegistrationToken = query<{
  token: string
  usesAllowed: number | null
  expiresAt: number | null
  now: number
}>()((db, p) =>
  db
    .insertInto('registration_tokens')
    .values({
      token: p.token,
      uses_allowed: p.usesAllowed,
      completed: 0,
      expires_at: p.expiresAt,
      created_at: p.now,
    })
    .onConflict((conflict) => conflict.column('token').doNothing()),
)

/** Counts a registration. Changes no row when the token is unknown, has expired, or is used up. */
export const useRegistrationToken = query<{ token: string; now: number }>()((db, p) =>
  db
    .updateTable('registration_tokens')
    .set((eb) => ({ completed: eb('completed', '+', 1) }))
    .where('token', '=', p.token)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', p.now)]))
    .where(sql<boolean>`(uses_allowed is null or completed < uses_allowed)`),
)

export const changeRegistrationToken = query<{
  token: string
  usesAllowed: number | null
  expiresAt: number | null
}>()((db, p) =>
  db
    .updateTable('registration_tokens')
    .set({ uses_allowed: p.usesAllowed, expires_at: p.expiresAt })
    .where('token', '=', p.token),
)

export const deleteRegistrationToken = query<{ token: string }>()((db, p) =>
  db.deleteFrom('registration_tokens').where('token', '=', p.token),
)
