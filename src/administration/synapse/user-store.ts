import { type OrderByDirection, type SqlBool, sql } from 'kysely'
import { RESERVED_PREFIX } from '../../accounts/names.ts'
import { type Dialect, type Params, query } from '../../storage/query.ts'
import type { QueryBuilder } from '../../storage/query-builder.ts'
import type { ListFlag } from './paging.ts'

// Queries of the lists of accounts in the admin API. They may read the whole table of users.

export type UserListParams = Params & {
  /** A pattern for `like` in lower case, for the user id and the display name; '%': all. */
  pattern: string
  /** Whether the display name is searched too. */
  searchesNames: 0 | 1
  admins: ListFlag
  deactivated: ListFlag
  locked: ListFlag
  orderBy: string
  limit: number
  from: number
}

const matching = (p: UserListParams, d: Dialect) => sql<SqlBool>`
  u.user_id not like ${`@${RESERVED_PREFIX}%`}
  and (lower(u.user_id) like ${p.pattern} escape '!'
    or (${d.integer(p.searchesNames)} = 1 and lower(coalesce(u.displayname, '')) like ${p.pattern} escape '!'))
  and (${d.integer(p.admins)} = -1 or u.is_admin = ${d.integer(p.admins)})
  and (${d.integer(p.deactivated)} = -1 or (case when u.deactivated_at is null then 0 else 1 end) = ${d.integer(p.deactivated)})
  and (${d.integer(p.locked)} = -1 or (case when u.locked_at is null then 0 else 1 end) = ${d.integer(p.locked)})`

const lastSeen = sql<
  number | null
>`(select max(v.last_seen_ts) from devices as v where v.user_id = u.user_id)`

const listed = (direction: OrderByDirection) => (db: QueryBuilder, p: UserListParams, d: Dialect) =>
  db
    .selectFrom('users as u')
    .select([
      'u.user_id',
      'u.displayname',
      'u.avatar_url',
      'u.is_admin',
      'u.created_at',
      'u.deactivated_at',
      'u.locked_at',
      'u.suspended_at',
      lastSeen.as('last_seen_at'),
    ])
    .where(matching(p, d))
    .orderBy(
      sql`case ${d.text(p.orderBy)} when 'displayname' then coalesce(u.displayname, '')
        when 'avatar_url' then coalesce(u.avatar_url, '') else '' end`,
      direction,
    )
    .orderBy(
      sql`case ${d.text(p.orderBy)} when 'creation_ts' then u.created_at when 'admin' then u.is_admin
        when 'deactivated' then (case when u.deactivated_at is null then 0 else 1 end)
        when 'last_seen_ts' then coalesce(${lastSeen}, 0) else 0 end`,
      direction,
    )
    // The second order is always that of the user ids, as in Synapse, unless they are the first.
    .orderBy(sql`case ${d.text(p.orderBy)} when 'name' then u.user_id else '' end`, direction)
    .orderBy('u.user_id')
    .limit(p.limit)
    .offset(p.from)

export const usersAscending = query<UserListParams>()(listed('asc'))
export const usersDescending = query<UserListParams>()(listed('desc'))

export const countUsers = query<Omit<UserListParams, 'orderBy' | 'limit' | 'from'>>()((db, p, d) =>
  db
    .selectFrom('users as u')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where(matching(p as UserListParams, d)),
)
