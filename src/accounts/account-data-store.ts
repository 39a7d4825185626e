import type { RoomId, UserId } from '../lib/ids.ts'
import { type RawBuilder, sql } from 'kysely'
import { query } from '../storage/query.ts'
import type { StreamPoint } from '../storage/stream-point.ts'

export const upsertAccountData = query<{
  userId: UserId
  roomId: RoomId | ''
  type: string
  content: string
  position: number
}>()((db, p) =>
  db
    .insertInto('account_data')
    .values({
      user_id: p.userId,
      room_id: p.roomId,
      type: p.type,
      content: p.content,
      position: p.position,
    })
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'room_id', 'type']).doUpdateSet((eb) => ({
        content: eb.ref('excluded.content'),
        position: eb.ref('excluded.position'),
      })),
    ),
)

export const accountDataOfType = query<{ userId: UserId; roomId: RoomId | ''; type: string }>()((db, p) =>
  db
    .selectFrom('account_data')
    .select('content')
    .where('user_id', '=', p.userId)
    .where('room_id', '=', p.roomId)
    .where('type', '=', p.type),
)

/** Account data changed after `since`, for the account and for every room; `room_id` is '' for the account. */
export const accountDataSince = query<{ userId: UserId; since: StreamPoint }>()((db, p, d) =>
  db
    .selectFrom('account_data')
    .select(['room_id', 'type', 'content', 'position'])
    .where('user_id', '=', p.userId)
    .where(d.isAfter('position', p.since))
    .orderBy('position'),
)

/**
 * The number and size of a user's other account data, and the size of this entry (null: it does not exist). Read
 * markers are not counted.
 */
export const accountDataUsage = query<{ userId: UserId; roomId: RoomId | ''; type: string }>()((db, p) => {
  const isThis = sql<boolean>`(room_id = ${p.roomId} and type = ${p.type})`
  const size = sql<number>`octet_length(type) + octet_length(content)`
  return db
    .selectFrom('account_data')
    .select([
      sql<number>`count(case when not ${isThis} then 1 end)`.as('entries'),
      sql<number>`coalesce(sum(case when not ${isThis} then ${size} end), 0)`.as('bytes'),
      sql<number | null>`sum(case when ${isThis} then ${size} end)`.as('present'),
    ])
    .where('user_id', '=', p.userId)
    .where('type', '<>', sql.lit('m.fully_read'))
})

export const deleteAccountData = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('account_data').where('user_id', '=', p.userId),
)

/** Removes account data of the account, not of rooms, by type. */
export const deleteAccountDataOfTypes = query<{ userId: UserId; types: readonly string[] }>()((db, p, d) =>
  db
    .deleteFrom('account_data')
    .where('user_id', '=', p.userId)
    .where('room_id', '=', '')
    .where('type', 'in', d.list(p.types) as RawBuilder<string>),
)
