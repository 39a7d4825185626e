import { type RawBuilder, sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

type Users = { userIds: readonly UserId[] }

/** The time zones of users, as JSON. */
export const timeZonesOf = query<Users>()((db, p, d) =>
  db
    .selectFrom('profile_fields')
    .select(['user_id', 'value'])
    .where('user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>)
    .where('name', '=', sql.lit('m.tz')),
)

/** The tags of all rooms of users, as JSON. */
export const roomTagsOf = query<Users>()((db, p, d) =>
  db
    .selectFrom('account_data')
    .select(['user_id', 'room_id', 'content'])
    .where('user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>)
    .where('room_id', '<>', sql.lit(''))
    .where('type', '=', sql.lit('m.tag')),
)

/** A rule of a user whose conditions, as JSON, match a pattern of SQL. */
export const conditionsLike = query<{ userId: UserId; pattern: string }>()((db, p) =>
  db
    .selectFrom('push_rules')
    .select('rule_id')
    .where('user_id', '=', p.userId)
    .where('conditions', 'like', p.pattern)
    .limit(1),
)
