import { type ExpressionBuilder, type ExpressionWrapper, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { RoomId, UserId } from '../../lib/ids.ts'
import { query } from '../../storage/query.ts'
import type { Flag } from '../../storage/columns.ts'
import type { Schema } from '../../storage/schema.ts'

type Backup = { userId: UserId; version: number }
type InRoom = Backup & { roomId: RoomId }
type OneKey = InRoom & { sessionId: string }

export type KeyPlace = { room_id: RoomId; session_id: string }
export type BackupKeyRow = KeyPlace & {
  first_message_index: number
  forwarded_count: number
  is_verified: Flag
  session_data: string
}

const SIZE = sql<number>`octet_length(room_id) + octet_length(session_id) + octet_length(session_data)`
const VALUES = ['first_message_index', 'forwarded_count', 'is_verified', 'session_data'] as const

/** The values that decide which of two keys is kept, and the size, of the stored keys among `places`. */
export const keysAt = query<Backup & { places: readonly KeyPlace[] }>()((db, p, d) =>
  db
    .selectFrom(d.rows(p.places, { room_id: 'text', session_id: 'text' }).as('r'))
    // A cross join makes SQLite start from the places, and not from all keys of the backup.
    .crossJoin('backed_up_keys as k')
    .where('k.user_id', '=', p.userId)
    .where('k.version', '=', p.version)
    .whereRef('k.room_id', '=', 'r.room_id')
    .whereRef('k.session_id', '=', 'r.session_id')
    .select([
      'k.room_id',
      'k.session_id',
      'k.first_message_index',
      'k.forwarded_count',
      'k.is_verified',
      sql<number>`octet_length(k.room_id) + octet_length(k.session_id) + octet_length(k.session_data)`.as(
        'bytes',
      ),
    ]),
)

/** Inserts keys, or replaces the stored ones. */
export const upsertKeys = query<Backup & { rows: readonly BackupKeyRow[] }>()((db, p, d) => {
  const columns = {
    room_id: 'text',
    session_id: 'text',
    first_message_index: 'integer',
    forwarded_count: 'integer',
    is_verified: 'integer',
    session_data: 'text',
  } as const
  return db
    .insertInto('backed_up_keys')
    .columns(['user_id', 'version', 'room_id', 'session_id', ...VALUES])
    .expression(
      db
        .selectFrom(d.rows(p.rows, columns).as('r'))
        .select([
          sql<UserId>`${d.text(p.userId)}`.as('user_id'),
          d.integer(p.version).as('version'),
          'r.room_id',
          'r.session_id',
          'r.first_message_index',
          'r.forwarded_count',
          'r.is_verified',
          'r.session_data',
        ])
        // Without a condition, SQLite takes "on conflict" for the condition of a join.
        .where(sql.lit(1), '=', sql.lit(1)),
    )
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'version', 'room_id', 'session_id']).doUpdateSet((eb) => ({
        first_message_index: eb.ref('excluded.first_message_index'),
        forwarded_count: eb.ref('excluded.forwarded_count'),
        is_verified: eb.ref('excluded.is_verified'),
        session_data: eb.ref('excluded.session_data'),
      })),
    )
})

type Keys = ExpressionBuilder<Schema, 'backed_up_keys'>
type Condition = (eb: Keys) => ExpressionWrapper<Schema, 'backed_up_keys', SqlBool>

const inBackup =
  (p: Backup): Condition =>
  (eb) =>
    eb.and({ user_id: p.userId, version: p.version })
const inRoom =
  (p: InRoom): Condition =>
  (eb) =>
    eb.and({ user_id: p.userId, version: p.version, room_id: p.roomId })
const atPlace =
  (p: OneKey): Condition =>
  (eb) =>
    eb.and({ user_id: p.userId, version: p.version, room_id: p.roomId, session_id: p.sessionId })

/** The rooms with keys, with the number of their keys and the size in bytes. */
export const roomsOfBackup = query<Backup>()((db, p) =>
  db
    .selectFrom('backed_up_keys')
    .select(['room_id', sql<number>`count(*)`.as('keys'), sql<number>`sum(${SIZE})`.as('bytes')])
    .where(inBackup(p))
    .groupBy('room_id')
    .orderBy('room_id'),
)

export const keysOfRoom = query<InRoom>()((db, p) =>
  db
    .selectFrom('backed_up_keys')
    .select(['session_id', ...VALUES])
    .where(inRoom(p))
    .orderBy('session_id'),
)

export const sessionsOfRoom = query<InRoom>()((db, p) =>
  db.selectFrom('backed_up_keys').select('session_id').where(inRoom(p)),
)

export const keysOfSessions = query<InRoom & { sessionIds: readonly string[] }>()((db, p, d) =>
  db
    .selectFrom('backed_up_keys')
    .select(['session_id', ...VALUES])
    .where(inRoom(p))
    .where('session_id', 'in', d.list(p.sessionIds) as RawBuilder<string>),
)

export const keyOfSession = query<OneKey>()((db, p) =>
  db.selectFrom('backed_up_keys').select(VALUES).where(atPlace(p)),
)

const USAGE = [sql<number>`count(*)`.as('keys'), sql<number>`coalesce(sum(${SIZE}), 0)`.as('bytes')] as const

export const usageOfBackup = query<Backup>()((db, p) =>
  db.selectFrom('backed_up_keys').select(USAGE).where(inBackup(p)),
)

export const usageOfRoom = query<InRoom>()((db, p) =>
  db.selectFrom('backed_up_keys').select(USAGE).where(inRoom(p)),
)

export const usageOfKey = query<OneKey>()((db, p) =>
  db.selectFrom('backed_up_keys').select(USAGE).where(atPlace(p)),
)

export const deleteKeysOfBackup = query<Backup>()((db, p) =>
  db.deleteFrom('backed_up_keys').where(inBackup(p)),
)

export const deleteKeysOfRoom = query<InRoom>()((db, p) => db.deleteFrom('backed_up_keys').where(inRoom(p)))

export const deleteKey = query<OneKey>()((db, p) => db.deleteFrom('backed_up_keys').where(atPlace(p)))

export const deleteKeysOfUser = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('backed_up_keys').where('user_id', '=', p.userId),
)
