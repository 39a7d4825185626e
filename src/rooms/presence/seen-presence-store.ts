import { type Expression, sql } from 'kysely'
import type { UserId } from '../../lib/ids.ts'
import { query } from '../../storage/query.ts'
import type { StreamPoint } from '../../storage/stream-point.ts'

/** The columns of a presence as a viewer sees it. */
const SEEN = [
  'p.user_id',
  'p.state',
  'p.is_active',
  'p.status_msg',
  'p.last_active_at',
  'p.position',
  'u.displayname',
  'u.avatar_url',
] as const

/**
 * The rooms that the user of a row shares with the viewer. A cross join makes SQLite start from the rooms of
 * that user.
 */
const sharedRooms = (other: Expression<UserId>, viewer: UserId) => sql`
  select 1 from memberships as o cross join memberships as m
  where o.user_id = ${other} and o.membership = 'join' and m.room_id = o.room_id and m.user_id = ${viewer} and m.membership = 'join'`

/** For many rows: PostgreSQL reads all members of the viewer's rooms once. */
const isShared = (other: Expression<UserId>, viewer: UserId) =>
  sql<boolean>`exists (${sharedRooms(other, viewer)})`

/** For few rows: with a limit, PostgreSQL looks for each row instead. */
const isOneShared = (other: Expression<UserId>, viewer: UserId) =>
  sql<boolean>`(${sharedRooms(other, viewer)} limit 1) is not null`

/**
 * The viewer, and users who share a room with the viewer, whose presence changed after `since`, up to
 * `position`, in order of position.
 */
export const changedPresence = query<{
  viewer: UserId
  since: StreamPoint
  position: StreamPoint
  limit: number
}>()((db, p, d) =>
  db
    .selectFrom('presence as p')
    .innerJoin('users as u', 'u.user_id', 'p.user_id')
    .select(SEEN)
    .where(d.isAfter('p.position', p.since))
    // Without an upper bound, PostgreSQL expects a third of the table and does not use the index.
    .where(d.isUpTo('p.position', p.position))
    .where((eb) => eb.or([eb('p.user_id', '=', p.viewer), isOneShared(eb.ref('p.user_id'), p.viewer)]))
    .orderBy('p.position')
    .limit(p.limit),
)

/** The viewer, and users who share a room with the viewer, without offline users; the last changed ones. */
export const shownPresence = query<{ viewer: UserId; limit: number }>()((db, p) =>
  db
    .selectFrom('presence as p')
    .innerJoin('users as u', 'u.user_id', 'p.user_id')
    .select(SEEN)
    .where('p.state', '<>', sql.lit('offline'))
    .where((eb) => eb.or([eb('p.user_id', '=', p.viewer), isShared(eb.ref('p.user_id'), p.viewer)]))
    .orderBy('p.position', 'desc')
    .limit(p.limit),
)

/**
 * The users who began to share a room with the viewer after `since`, up to `position`, without offline users;
 * the last changed ones.
 */
export const newlySharedPresence = query<{
  viewer: UserId
  since: StreamPoint
  position: StreamPoint
  limit: number
}>()((db, p, d) =>
  db
    // Materialized, because SQLite would otherwise start from the rooms of the viewer, which can be thousands.
    .with(
      (cte) => cte('recent').materialized(),
      (from) =>
        from
          .selectFrom('memberships')
          .select(['room_id', 'user_id'])
          .where(d.isAfter('sharing_position', p.since))
          .where(d.isUpTo('sharing_position', p.position))
          .where('membership', '=', 'join'),
    )
    .with('met', (from) =>
      from
        .selectFrom('recent as r')
        .crossJoin('memberships as m')
        .select('r.user_id')
        .whereRef('m.room_id', '=', 'r.room_id')
        .where('m.user_id', '=', p.viewer)
        .where('m.membership', '=', 'join')
        .union((eb) =>
          eb
            .selectFrom('recent as r')
            .crossJoin('memberships as m')
            .select('m.user_id')
            .where('r.user_id', '=', p.viewer)
            .whereRef('m.room_id', '=', 'r.room_id')
            .where('m.membership', '=', 'join'),
        ),
    )
    .selectFrom('met')
    .innerJoin('presence as p', 'p.user_id', 'met.user_id')
    .innerJoin('users as u', 'u.user_id', 'p.user_id')
    .select(SEEN)
    .where('p.state', '<>', 'offline')
    .where('met.user_id', '<>', p.viewer)
    // Not the column itself, because PostgreSQL would read all presence in order of position, to find the few
    // that are wanted.
    .orderBy(sql`p.position + 0`, 'desc')
    .limit(p.limit),
)

/** Returns a row if the two users are joined to the same room. */
export const sharesRoom = query<{ userId: UserId; other: UserId }>()((db, p) =>
  db
    .selectFrom('memberships as o')
    .crossJoin('memberships as m')
    .select('o.room_id')
    .where('o.user_id', '=', p.other)
    .where('o.membership', '=', 'join')
    .whereRef('m.room_id', '=', 'o.room_id')
    .where('m.user_id', '=', p.userId)
    .where('m.membership', '=', 'join')
    .limit(1),
)
