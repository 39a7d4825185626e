import { sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { type Dialect, query } from '../storage/query.ts'

export const userById = query<{ userId: UserId }>()((db, p) =>
  db.selectFrom('users').selectAll().where('user_id', '=', p.userId),
)

/** Changes no row when the user id is taken, even by a deactivated user. */
export const insertUser = query<{
  userId: UserId
  passwordHash: string | null
  isAdmin: 0 | 1
  now: number
}>()((db, p) =>
  db
    .insertInto('users')
    .values({
      user_id: p.userId,
      password_hash: p.passwordHash,
      displayname: null,
      avatar_url: null,
      is_admin: p.isAdmin,
      created_at: p.now,
      deactivated_at: null,
    })
    .onConflict((conflict) => conflict.column('user_id').doNothing()),
)

/** The accounts after a user id, in order of user id. */
export const accountsAfter = query<{ after: string; limit: number }>()((db, p) =>
  db
    .selectFrom('users as u')
    .leftJoin('devices as d', 'd.user_id', 'u.user_id')
    .select(['u.user_id', 'u.is_admin', 'u.created_at', 'u.deactivated_at', 'u.locked_at', 'u.suspended_at'])
    .select((eb) => [
      eb.fn.count<number>('d.device_id').as('devices'),
      eb.fn.max<number | null>('d.last_seen_ts').as('last_seen_at'),
    ])
    .where('u.user_id', '>', p.after as UserId)
    .groupBy('u.user_id')
    .orderBy('u.user_id')
    .limit(p.limit),
)

/** Changes no row of an account that is deactivated. */
export const setPasswordHash = query<{ userId: UserId; passwordHash: string }>()((db, p) =>
  db
    .updateTable('users')
    .set({ password_hash: p.passwordHash })
    .where('user_id', '=', p.userId)
    .where('deactivated_at', 'is', null),
)

export const setBlocksInvitations = query<{ userId: UserId; isBlocking: 0 | 1 }>()((db, p) =>
  db
    .updateTable('users')
    .set({ blocks_invitations: p.isBlocking })
    .where('user_id', '=', p.userId)
    .where('blocks_invitations', '<>', p.isBlocking),
)

/** Changes no row of an account that is deactivated. */
export const setAdmin = query<{ userId: UserId; isAdmin: 0 | 1 }>()((db, p) =>
  db
    .updateTable('users')
    .set({ is_admin: p.isAdmin })
    .where('user_id', '=', p.userId)
    .where('deactivated_at', 'is', null),
)

/** Changes no row of an account that is deactivated, or already locked (or not). `at`: null unlocks. */
export const setLocked = query<{ userId: UserId; at: number | null }>()((db, p, d) =>
  db
    .updateTable('users')
    .set({ locked_at: p.at })
    .where('user_id', '=', p.userId)
    .where('deactivated_at', 'is', null)
    .where(sql<boolean>`(locked_at is null) <> (${orNull(d, p.at)} is null)`),
)

/** Like `setLocked`. */
export const setSuspended = query<{ userId: UserId; at: number | null }>()((db, p, d) =>
  db
    .updateTable('users')
    .set({ suspended_at: p.at })
    .where('user_id', '=', p.userId)
    .where('deactivated_at', 'is', null)
    .where(sql<boolean>`(suspended_at is null) <> (${orNull(d, p.at)} is null)`),
)

/** PostgreSQL cannot infer the type of a parameter that is only compared with null. */
const orNull = (d: Dialect, parameter: number | null) => d.integer(parameter as number)

/** Changes no row when the current hash is not `from`. */
export const replacePassword = query<{ userId: UserId; from: string; to: string }>()((db, p) =>
  db
    .updateTable('users')
    .set({ password_hash: p.to })
    .where('user_id', '=', p.userId)
    .where('password_hash', '=', p.from),
)

/** Changes no row when the name is unchanged. */
export const setDisplayName = query<{ userId: UserId; value: string | null }>()((db, p, d) =>
  db
    .updateTable('users')
    .set({ displayname: p.value })
    .where('user_id', '=', p.userId)
    .where('displayname', 'is distinct from', d.text(p.value)),
)

/** Changes no row when the avatar is unchanged. */
export const setAvatarUrl = query<{ userId: UserId; value: string | null }>()((db, p, d) =>
  db
    .updateTable('users')
    .set({ avatar_url: p.value })
    .where('user_id', '=', p.userId)
    .where('avatar_url', 'is distinct from', d.text(p.value)),
)

export const deactivateUser = query<{ userId: UserId; now: number }>()((db, p) =>
  db
    .updateTable('users')
    .set({ password_hash: null, deactivated_at: p.now, is_admin: 0 })
    .where('user_id', '=', p.userId)
    .where('deactivated_at', 'is', null),
)

export const eraseProfile = query<{ userId: UserId }>()((db, p) =>
  db.updateTable('users').set({ displayname: null, avatar_url: null }).where('user_id', '=', p.userId),
)

/** Those of the URIs that are avatars of users. */
export const avatarsOfUsers = query<{ uris: readonly string[] }>()((db, p, d) =>
  db
    .selectFrom('users')
    .select(sql<string>`avatar_url`.as('avatar_url'))
    .where('avatar_url', 'in', d.list(p.uris)),
)
