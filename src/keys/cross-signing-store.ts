import type { RawBuilder } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'
import type { CrossSigningKeysTable } from '../storage/keys-schema.ts'

export type Purpose = CrossSigningKeysTable['purpose']
export type StoredCrossSigningKey = CrossSigningKeysTable
export type SignatureRow = {
  user_id: UserId
  key_id: string
  signer_id: UserId
  signer_key: string
  signature: string
}

const COLUMNS = ['user_id', 'purpose', 'public_key', 'content'] as const
const SIGNATURE = {
  user_id: 'text',
  key_id: 'text',
  signer_id: 'text',
  signer_key: 'text',
  signature: 'text',
} as const

/** Locks the keys of a user until the end of the transaction, also when there are none yet. */
export const lockUser = query<{ userId: UserId }>()((db, p) =>
  db
    .updateTable('users')
    .set((eb) => ({ created_at: eb.ref('created_at') }))
    .where('user_id', '=', p.userId)
    .returning('user_id'),
)

export const crossSigningKeysOf = query<{ userIds: readonly UserId[] }>()((db, p, d) =>
  db
    .selectFrom('cross_signing_keys')
    .select(COLUMNS)
    .where('user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>)
    .orderBy('user_id')
    .orderBy('purpose'),
)

export const setCrossSigningKey = query<{
  userId: UserId
  purpose: Purpose
  publicKey: string
  content: string
}>()((db, p) =>
  db
    .insertInto('cross_signing_keys')
    .values({ user_id: p.userId, purpose: p.purpose, public_key: p.publicKey, content: p.content })
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'purpose']).doUpdateSet((eb) => ({
        public_key: eb.ref('excluded.public_key'),
        content: eb.ref('excluded.content'),
      })),
    ),
)

export const deleteCrossSigningKeys = query<{ userId: UserId; purposes: readonly Purpose[] }>()((db, p, d) =>
  db
    .deleteFrom('cross_signing_keys')
    .where('user_id', '=', p.userId)
    .where('purpose', 'in', d.list(p.purposes) as RawBuilder<Purpose>),
)

/**
 * The signatures of the users' keys by the users themselves, and by the reader. Other users must not see a
 * signature.
 */
export const signaturesOf = query<{ userIds: readonly UserId[]; reader: UserId }>()((db, p, d) =>
  db
    .selectFrom('key_signatures')
    .select(['user_id', 'key_id', 'signer_id', 'signer_key', 'signature'])
    .where('user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>)
    .where((eb) => eb.or([eb('signer_id', '=', p.reader), eb('signer_id', '=', eb.ref('user_id'))]))
    .orderBy('user_id')
    .orderBy('key_id')
    .orderBy('signer_id')
    .orderBy('signer_key'),
)

export const setSignatures = query<{ signatures: readonly SignatureRow[]; position: number }>()((db, p, d) =>
  db
    .insertInto('key_signatures')
    .columns(['user_id', 'key_id', 'signer_id', 'signer_key', 'signature', 'position'])
    .expression(
      db
        .selectFrom(d.rows(p.signatures, SIGNATURE).as('s'))
        .select([
          's.user_id',
          's.key_id',
          's.signer_id',
          's.signer_key',
          's.signature',
          d.integer(p.position).as('position'),
        ])
        // Without a condition, SQLite reads `on conflict` as the condition of a join.
        .where((eb) => eb.lit(true)),
    )
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'key_id', 'signer_id', 'signer_key']).doUpdateSet((eb) => ({
        signature: eb.ref('excluded.signature'),
        position: eb.ref('excluded.position'),
      })),
    ),
)

/** Removes the signatures of keys that no longer exist. */
export const deleteSignaturesOf = query<{ userId: UserId; keyIds: readonly string[] }>()((db, p, d) =>
  db
    .deleteFrom('key_signatures')
    .where('user_id', '=', p.userId)
    .where('key_id', 'in', d.list(p.keyIds) as RawBuilder<string>),
)

/** Removes the signatures that the user made with keys that no longer exist. */
export const deleteSignaturesBy = query<{ userId: UserId; signerKeys: readonly string[] }>()((db, p, d) =>
  db
    .deleteFrom('key_signatures')
    .where('signer_id', '=', p.userId)
    .where('signer_key', 'in', d.list(p.signerKeys) as RawBuilder<string>),
)
