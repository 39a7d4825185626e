import { type RawBuilder, sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { type Dialect, query } from '../storage/query.ts'
import { isInvitationBy } from './invitation-sql.ts'
import { EXCEPTION_COLUMNS } from './outcome-store.ts'
import { unreadOfMember } from './unread-sql.ts'
import { laterOf, intervalsWhere } from './cohort-interval-sql.ts'

// When a user starts to ignore people, or to block invitations, these queries remove their events from the
// user's unread counts. They write exceptions, as for new events of ignored users, and keep the outcomes for
// the time when the user stops (`restoring-store.ts`). Each statement reads only the rooms that the user
// shares with these people.

type Ignoring = { userId: UserId; ignored: readonly UserId[] }

const SILENCED_COLUMNS = [
  'user_id',
  'position',
  'room_id',
  'thread_id',
  'sender',
  'is_shared',
  'highlight',
  'actions',
  'rule_kind',
  'rule_id',
] as const

/** Outcomes `e` of the user's own that count, with their events `v`. */
const ownOutcomes = (userId: UserId, which: RawBuilder<unknown>) => sql<never>`
  select e.user_id, e.position, e.room_id, e.thread_id, v.sender, 0, e.highlight, e.actions, e.rule_kind, e.rule_id
  from exceptions as e join events as v on v.position = e.position
  where e.user_id = ${userId} and e.notify = 1 and ${which}
    and not exists (select 1 from read_positions as t
      where t.user_id = e.user_id and t.room_id = e.room_id and t.thread_id in ('', e.thread_id)
        and t.position >= e.position)`

/** Keeps the outcomes of events that count for the user through an exception: mentions, keywords, invitations. */
export const keepOwn = query<Ignoring>()((db, p, d) =>
  db
    .insertInto('silenced_outcomes')
    .columns(SILENCED_COLUMNS)
    .expression(ownOutcomes(p.userId, sql`v.sender in ${d.list(p.ignored)}`)),
)

/** Keeps the outcomes of all invitations of the user. */
export const keepInvitations = query<{ userId: UserId }>()((db, p) =>
  db
    .insertInto('silenced_outcomes')
    .columns(SILENCED_COLUMNS)
    .expression(
      ownOutcomes(
        p.userId,
        sql`exists (select 1 from memberships as m where m.user_id = e.user_id and m.room_id = e.room_id
          and m.membership = 'invite' and m.position = e.position)`,
      ),
    ),
)

/** The kept outcomes of the user's own no longer count. */
export const silenceOwn = query<{ userId: UserId }>()((db, p) =>
  db
    .updateTable('exceptions')
    .set({ notify: 0, highlight: 0, actions: '[]', rule_kind: null, rule_id: null })
    .where('user_id', '=', p.userId)
    .where('notify', '=', 1)
    .where('position', 'in', (eb) =>
      eb
        .selectFrom('silenced_outcomes as s')
        .select('s.position')
        .where('s.user_id', '=', p.userId)
        .where('s.is_shared', '=', 0),
    ),
)

/** Keeps the outcomes of events that count for the user through the cohort: the newest `limit` of the unread ones. */
export const keepShared = query<Ignoring & { limit: number }>()((db, p, d) =>
  db
    .insertInto('silenced_outcomes')
    .columns(SILENCED_COLUMNS)
    .expression(
      sql<never>`
      with s as materialized (${intervalsWhere(sql`r.user_id = ${p.userId} and r.thread_id = '' and r.room_id in ${shared(p, d)}`)})
      select s.user_id, o.position, s.room_id, o.thread_id, v.sender, 1, o.highlight, '[]', null, null
      from s cross join cohort_outcomes as o cross join events as v
      where o.room_id = s.room_id and o.cohort = s.cohort and o.retracted = 0
        and o.position > ${laterOf(sql`s.read_to`, sql`s.starts`)} and o.position <= s.ends
        and v.position = o.position and v.sender in ${d.list(p.ignored)}
        and not exists (select 1 from exceptions as e
          where e.user_id = s.user_id and e.room_id = s.room_id and e.position = o.position)
        and not exists (select 1 from read_positions as t
          where t.user_id = s.user_id and t.room_id = s.room_id and t.thread_id = o.thread_id
            and t.position >= o.position)
      order by o.position desc limit ${d.integer(p.limit)}`,
    ),
)

/** The kept outcomes of the cohorts no longer count for the user. */
export const silenceShared = query<{ userId: UserId }>()((db, p) =>
  db
    .insertInto('exceptions')
    .columns(EXCEPTION_COLUMNS)
    .expression(
      sql<never>`
      select s.user_id, s.room_id, s.position, s.thread_id, 0, 0, 1, s.highlight, '[]', null, null
      from silenced_outcomes as s
      where s.user_id = ${p.userId} and s.is_shared = 1
        and not exists (select 1 from exceptions as e
          where e.user_id = s.user_id and e.room_id = s.room_id and e.position = s.position)`,
    ),
)

/** The rooms of the user in which one of these people is or was a member. */
function shared({ userId, ignored }: Ignoring, d: Dialect): RawBuilder<unknown> {
  return sql`(select m.room_id from memberships as m join memberships as i on i.room_id = m.room_id
    where m.user_id = ${userId} and m.membership = 'join' and i.user_id in ${d.list(ignored)})`
}

/** Removes from the user's badge the rooms without unread events, and the invitations by these people. */
export const clearSilenced = query<Ignoring>()((db, p, d) =>
  db
    .deleteFrom('badge_rooms')
    .where('user_id', '=', p.userId)
    .where('room_id', 'in', (eb) =>
      eb
        .selectFrom('memberships as m')
        .innerJoin('memberships as i', 'i.room_id', 'm.room_id')
        .where('m.user_id', '=', p.userId)
        .where('i.user_id', 'in', d.list(p.ignored) as RawBuilder<UserId>)
        .select('m.room_id'),
    )
    .where((eb) =>
      eb.or([
        eb.and([
          eb.exists(
            eb
              .selectFrom('read_positions as r')
              .select('r.position')
              .whereRef('r.user_id', '=', 'badge_rooms.user_id')
              .whereRef('r.room_id', '=', 'badge_rooms.room_id'),
          ),
          eb(unreadOfMember(sql.ref('badge_rooms.user_id'), sql.ref('badge_rooms.room_id')), '=', sql.lit(0)),
        ]),
        eb.exists(
          eb
            .selectFrom('memberships as m')
            .select('m.position')
            .whereRef('m.user_id', '=', 'badge_rooms.user_id')
            .whereRef('m.room_id', '=', 'badge_rooms.room_id')
            .where(isInvitationBy(d.list(p.ignored))),
        ),
      ]),
    ),
)

/** Removes all invitations from the user's badge. */
export const clearInvitations = query<{ userId: UserId }>()((db, p) =>
  db
    .deleteFrom('badge_rooms')
    .where('user_id', '=', p.userId)
    .where('room_id', 'in', (eb) =>
      eb
        .selectFrom('memberships as m')
        .where('m.user_id', '=', p.userId)
        .where('m.membership', '=', 'invite')
        .select('m.room_id'),
    ),
)
