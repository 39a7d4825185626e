import { type OrderByDirection, type SqlBool, sql } from 'kysely'
import type { RoomId } from '../../lib/ids.ts'
import { type Dialect, type Params, query } from '../../storage/query.ts'
import type { QueryBuilder } from '../../storage/query-builder.ts'
import type { ListFlag } from './paging.ts'

// Queries of the list of rooms in the admin API. They may read the whole table of rooms.

export type RoomListParams = Params & {
  /** A pattern for `like` in lower case, for the name and the canonical alias; '%': all. */
  pattern: string
  /** The same text as it is, for the room id. */
  exact: string
  /** 1 or 0; -1: both. */
  isPublic: ListFlag
  isEmpty: ListFlag
  orderBy: string
  limit: number
  from: number
}

const matching = (p: RoomListParams, d: Dialect) => sql<SqlBool>`
  (lower(coalesce(r.name, '')) like ${p.pattern} escape '!'
    or lower(coalesce(r.canonical_alias, '')) like ${p.pattern} escape '!' or r.room_id like ${p.exact} escape '!')
  and (${d.integer(p.isPublic)} = -1 or r.is_public = ${d.integer(p.isPublic)})
  and (${d.integer(p.isEmpty)} = -1 or (case when r.joined_count = 0 then 1 else 0 end) = ${d.integer(p.isEmpty)})`

const COLUMNS = [
  'r.room_id',
  'r.name',
  'r.canonical_alias',
  'r.avatar_url',
  'r.joined_count',
  'r.version',
  'r.creator',
  'r.is_encrypted',
  'r.is_public',
  'r.join_rule',
  'r.history_visibility',
  'r.state_events',
  'r.room_type',
] as const

const listed = (direction: OrderByDirection) => (db: QueryBuilder, p: RoomListParams, d: Dialect) =>
  db
    .selectFrom('rooms as r')
    .select(COLUMNS)
    .where(matching(p, d))
    .orderBy(
      sql`case ${d.text(p.orderBy)} when 'name' then lower(coalesce(r.name, ''))
        when 'canonical_alias' then coalesce(r.canonical_alias, '') when 'creator' then r.creator
        when 'version' then r.version when 'join_rules' then coalesce(r.join_rule, '')
        when 'history_visibility' then coalesce(r.history_visibility, '') else '' end`,
      direction,
    )
    .orderBy(
      // The largest first, as in Synapse.
      sql`case ${d.text(p.orderBy)} when 'joined_members' then -r.joined_count when 'state_events' then -r.state_events
        when 'encryption' then -r.is_encrypted when 'public' then -r.is_public else 0 end`,
      direction,
    )
    .orderBy('r.room_id')
    .limit(p.limit)
    .offset(p.from)

export const roomsAscending = query<RoomListParams>()(listed('asc'))
export const roomsDescending = query<RoomListParams>()(listed('desc'))

export const countRooms = query<Omit<RoomListParams, 'orderBy' | 'limit' | 'from'>>()((db, p, d) =>
  db
    .selectFrom('rooms as r')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where(matching(p as RoomListParams, d)),
)

export const roomDetails = query<{ roomId: RoomId }>()((db, p) =>
  db
    .selectFrom('rooms as r')
    .select([...COLUMNS, 'r.removal'])
    .select((eb) => [
      eb
        .selectFrom('memberships as m')
        .innerJoin('devices as v', 'v.user_id', 'm.user_id')
        .select((inner) => inner.fn.countAll<number>().as('n'))
        .whereRef('m.room_id', '=', 'r.room_id')
        .where('m.membership', '=', sql.lit('join'))
        .as('devices'),
      eb
        .selectFrom('memberships as m')
        .select((inner) => inner.fn.countAll<number>().as('n'))
        .whereRef('m.room_id', '=', 'r.room_id')
        .where('m.forgotten', '=', sql.lit(0))
        .as('remembered'),
    ])
    .where('r.room_id', '=', p.roomId),
)

/** The joined members, by id. */
export const joinedMembers = query<{ roomId: RoomId }>()((db, p) =>
  db
    .selectFrom('memberships')
    .select('user_id')
    .where('room_id', '=', p.roomId)
    .where('membership', '=', sql.lit('join'))
    .orderBy('user_id'),
)
