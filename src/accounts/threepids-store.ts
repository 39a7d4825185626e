import { sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

// Third-party identifiers. The only medium is e-mail.

type Address = { address: string }

export const threepidByAddress = query<Address>()((db, p) =>
  db.selectFrom('threepids').selectAll().where('medium', '=', 'email').where('address', '=', p.address),
)

/** An address of this user. */
export const ownThreepid = query<Address & { userId: UserId }>()((db, p) =>
  db
    .selectFrom('threepids')
    .select('address')
    .where('medium', '=', 'email')
    .where('address', '=', p.address)
    .where('user_id', '=', p.userId),
)

export const threepidsOfUser = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('threepids')
    .selectAll()
    .where('user_id', '=', p.userId)
    .orderBy('added_at')
    .orderBy('address'),
)

/** Changes no row when the address belongs to another user. */
export const insertThreepid = query<Address & { userId: UserId; validatedAt: number; now: number }>()(
  (db, p) =>
    db
      .insertInto('threepids')
      .values({
        medium: 'email',
        address: p.address,
        user_id: p.userId,
        validated_at: p.validatedAt,
        added_at: p.now,
      })
      .onConflict((conflict) =>
        conflict
          .columns(['medium', 'address'])
          .doUpdateSet((eb) => ({ validated_at: eb.ref('excluded.validated_at') }))
          .whereRef('threepids.user_id', '=', 'excluded.user_id'),
      ),
)

export const deleteThreepid = query<Address & { userId: UserId }>()((db, p) =>
  db
    .deleteFrom('threepids')
    .where('medium', '=', 'email')
    .where('address', '=', p.address)
    .where('user_id', '=', p.userId),
)

export const deleteThreepidsOfUser = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('threepids').where('user_id', '=', p.userId),
)

export const validationBySid = query<{ sid: string }>()((db, p) =>
  db.selectFrom('threepid_validations').selectAll().where('sid', '=', p.sid),
)

export const validationByToken = query<{ tokenHash: string }>()((db, p) =>
  db.selectFrom('threepid_validations').selectAll().where('token_hash', '=', p.tokenHash),
)

export const validationOf = query<Address & { secretHash: string }>()((db, p) =>
  db
    .selectFrom('threepid_validations')
    .selectAll()
    .where('medium', '=', 'email')
    .where('address', '=', p.address)
    .where('secret_hash', '=', p.secretHash),
)

export type NewValidation = Address & {
  sid: string
  secretHash: string
  sendAttempt: number
  tokenHash: string
  now: number
}

/** Changes no row when another request inserted it first. */
export const insertValidation = query<NewValidation>()((db, p) =>
  db
    .insertInto('threepid_validations')
    .values({
      sid: p.sid,
      medium: 'email',
      address: p.address,
      secret_hash: p.secretHash,
      send_attempt: p.sendAttempt,
      token_hash: p.tokenHash,
      sent_at: p.now,
      validated_at: null,
      failures: sql.lit(0),
    })
    .onConflict((conflict) => conflict.columns(['medium', 'address', 'secret_hash']).doNothing()),
)

/** Writes a new token in place of the last one. An earlier validation that was not used in time must be repeated. */
export const renewValidation = query<{ sid: string; sendAttempt: number; tokenHash: string; now: number }>()(
  (db, p) =>
    db
      .updateTable('threepid_validations')
      .set({ send_attempt: p.sendAttempt, token_hash: p.tokenHash, sent_at: p.now, validated_at: null })
      .where('sid', '=', p.sid),
)

/** The mail with this token was not sent: the client may repeat the attempt. */
export const cancelAttempt = query<{ tokenHash: string }>()((db, p) =>
  db
    .updateTable('threepid_validations')
    .set((eb) => ({ send_attempt: eb('send_attempt', '-', 1) }))
    .where('token_hash', '=', p.tokenHash),
)

/** Changes no row when it was already validated. */
export const markValidated = query<{ sid: string; now: number }>()((db, p) =>
  db
    .updateTable('threepid_validations')
    .set({ validated_at: p.now })
    .where('sid', '=', p.sid)
    .where('validated_at', 'is', null),
)

export const countFailure = query<{ sid: string }>()((db, p) =>
  db
    .updateTable('threepid_validations')
    .set((eb) => ({ failures: eb('failures', '+', 1) }))
    .where('sid', '=', p.sid),
)

export const deleteValidation = query<{ sid: string }>()((db, p) =>
  db.deleteFrom('threepid_validations').where('sid', '=', p.sid),
)

export const deleteOldValidations = query<{ before: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('threepid_validations')
    .where('sid', 'in', (eb) =>
      eb
        .selectFrom('threepid_validations')
        .select('sid')
        .where('sent_at', '<', p.before)
        .orderBy('sent_at')
        .limit(p.limit),
    ),
)
