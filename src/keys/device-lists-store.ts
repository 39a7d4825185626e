import { type RawBuilder, sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'
import type { StreamPoint } from '../storage/stream-point.ts'

/** `keys`: any user of the server; `joined`: shares a room with the viewer; `left`: may share no room any more. */
export type ListChange = 'keys' | 'joined' | 'left'

export const setListPosition = query<{ userId: UserId; position: number }>()((db, p) =>
  db
    .insertInto('device_list_changes')
    .values({ user_id: p.userId, position: p.position })
    .onConflict((conflict) =>
      conflict.column('user_id').doUpdateSet((eb) => ({ position: eb.ref('excluded.position') })),
    ),
)

/**
 * The users whose keys changed after `since`, up to `position`, and the users who began or ended to share a
 * room with the viewer. Costs three ranges of an index when nothing changed.
 */
export const listChanges = query<{ userId: UserId; since: StreamPoint; position: StreamPoint }>()((
  db,
  p,
  d,
) => {
  const change = (name: ListChange) => sql<ListChange>`${sql.lit(name)}`.as('change')
  return (
    db
      // Materialized, because SQLite would otherwise start from the rooms of the viewer, which can be thousands.
      .with(
        (cte) => cte('recent').materialized(),
        (from) =>
          from
            .selectFrom('memberships')
            .select(['room_id', 'user_id', 'membership'])
            .where(d.isAfter('sharing_position', p.since))
            // Without an upper bound, PostgreSQL expects a third of the table and does not use the index.
            .where(d.isUpTo('sharing_position', p.position)),
      )
      .selectFrom('device_list_changes')
      .select(['user_id', change('keys')])
      .where(d.isAfter('position', p.since))
      .where(d.isUpTo('position', p.position))
      .union(
        db
          .selectFrom('key_signatures')
          .select(['user_id', change('keys')])
          .where('signer_id', '=', p.userId)
          .where(d.isAfter('position', p.since))
          .where(d.isUpTo('position', p.position)),
      )
      // Others joined or left a room of the viewer.
      .union((eb) =>
        eb
          .selectFrom('recent as r')
          .crossJoin('memberships as m')
          .select([
            'r.user_id',
            sql<ListChange>`case when r.membership = 'join' then 'joined' else 'left' end`.as('change'),
          ])
          .whereRef('m.room_id', '=', 'r.room_id')
          .where('m.user_id', '=', p.userId)
          .where('m.membership', '=', 'join'),
      )
      // The viewer joined or left a room.
      .union((eb) =>
        eb
          .selectFrom('recent as r')
          .crossJoin('memberships as m')
          .select([
            'm.user_id',
            sql<ListChange>`case when r.membership = 'join' and m.membership = 'join' then 'joined' else 'left' end`.as(
              'change',
            ),
          ])
          .where('r.user_id', '=', p.userId)
          .whereRef('m.room_id', '=', 'r.room_id')
          .where((or) => or.or([or('m.membership', '=', 'join'), d.isAfter('m.sharing_position', p.since)])),
      )
      .orderBy('user_id')
  )
})

/** The users of the list who are joined to a room to which the viewer is joined. */
export const joinedTogether = query<{ userId: UserId; others: readonly UserId[] }>()((db, p, d) =>
  db
    .selectFrom('memberships as o')
    // A cross join makes SQLite start from the list.
    .crossJoin('memberships as m')
    .select('o.user_id')
    .distinct()
    .where('o.user_id', 'in', d.list(p.others) as RawBuilder<UserId>)
    .where('o.membership', '=', 'join')
    .whereRef('m.room_id', '=', 'o.room_id')
    .where('m.user_id', '=', p.userId)
    .where('m.membership', '=', 'join'),
)

/** The same, with invitations: a member encrypts for invited users, and an invited user verifies the inviter. */
export const acquaintances = query<{ userId: UserId; others: readonly UserId[] }>()((db, p, d) =>
  db
    .selectFrom('memberships as o')
    .crossJoin('memberships as m')
    .select('o.user_id')
    .distinct()
    .where('o.user_id', 'in', d.list(p.others) as RawBuilder<UserId>)
    .where('o.membership', 'in', ['join', 'invite'])
    .whereRef('m.room_id', '=', 'o.room_id')
    .where('m.user_id', '=', p.userId)
    .where('m.membership', 'in', ['join', 'invite'])
    .where((eb) => eb.or([eb('o.membership', '=', 'join'), eb('m.membership', '=', 'join')])),
)
