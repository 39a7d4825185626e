import { sql } from 'kysely'
import type { UserId } from '../../lib/ids.ts'
import { query } from '../../storage/query.ts'

type Backup = { userId: UserId; version: number }

/** Resolves to the next version of a user. The lock of its row makes two processes take turns. */
export const nextVersion = query<{ userId: UserId }>()((db, p) =>
  db
    .insertInto('key_backup_numbers')
    .values({ user_id: p.userId, last_version: 1 })
    .onConflict((conflict) =>
      conflict.column('user_id').doUpdateSet({ last_version: sql`key_backup_numbers.last_version + 1` }),
    )
    .returning('last_version'),
)

export const lastVersion = query<{ userId: UserId }>()((db, p) =>
  db.selectFrom('key_backup_numbers').select('last_version').where('user_id', '=', p.userId),
)

export const insertBackup = query<Backup & { algorithm: string; authData: string }>()((db, p) =>
  db.insertInto('key_backups').values({
    user_id: p.userId,
    version: p.version,
    algorithm: p.algorithm,
    auth_data: p.authData,
    etag: sql.lit(0),
    key_count: sql.lit(0),
    key_bytes: sql.lit(0),
  }),
)

const COLUMNS = ['version', 'algorithm', 'auth_data', 'etag', 'key_count'] as const

export const currentBackup = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('key_backups')
    .select(COLUMNS)
    .where('user_id', '=', p.userId)
    .orderBy('version', 'desc')
    .limit(sql.lit(1)),
)

export const backupOfVersion = query<Backup>()((db, p) =>
  db
    .selectFrom('key_backups')
    .select(COLUMNS)
    .where('user_id', '=', p.userId)
    .where('version', '=', p.version),
)

/**
 * Locks the row until the commit, so that two processes change the keys of a backup one after the other.
 * Changes nothing.
 */
export const lockBackup = query<Backup>()((db, p) =>
  db
    .updateTable('key_backups')
    .set((eb) => ({ etag: eb.ref('etag') }))
    .where('user_id', '=', p.userId)
    .where('version', '=', p.version)
    .returning(COLUMNS),
)

/** `keys`, `bytes`: the differences. */
export const countKeys = query<Backup & { keys: number; bytes: number }>()((db, p, d) =>
  db
    .updateTable('key_backups')
    .set((eb) => ({
      etag: eb('etag', '+', sql.lit(1)),
      key_count: eb('key_count', '+', d.integer(p.keys)),
      key_bytes: eb('key_bytes', '+', d.integer(p.bytes)),
    }))
    .where('user_id', '=', p.userId)
    .where('version', '=', p.version)
    .returning(['etag', 'key_count']),
)

export const changeAuthData = query<Backup & { authData: string }>()((db, p) =>
  db
    .updateTable('key_backups')
    .set({ auth_data: p.authData })
    .where('user_id', '=', p.userId)
    .where('version', '=', p.version),
)

export const deleteBackup = query<Backup>()((db, p) =>
  db.deleteFrom('key_backups').where('user_id', '=', p.userId).where('version', '=', p.version),
)

/** The number of backups of a user, and of the keys in them. */
export const backupUsage = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('key_backups')
    .select([
      sql<number>`count(*)`.as('backups'),
      sql<number>`coalesce(sum(key_count), 0)`.as('keys'),
      sql<number>`coalesce(sum(key_bytes), 0)`.as('bytes'),
    ])
    .where('user_id', '=', p.userId),
)

export const deleteBackupsOfUser = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('key_backups').where('user_id', '=', p.userId),
)
