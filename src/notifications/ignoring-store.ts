import { type RawBuilder, sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { type Dialect, query } from '../storage/query.ts'
import { isInvitationBy } from './invitation-sql.ts'
import { EXCEPTION_COLUMNS } from './outcome-store.ts'
import { unreadOfMember } from './unread-sql.ts'
import { laterOf, intervalsWhere } from './cohort-interval-sql.ts'

// When a user starts to ignore people, these queries remove their events from the user's unread counts. They write
// exceptions, as for new events of ignored users. Each statement reads only the rooms that the user shares with these people.

type Ignoring = { userId: UserId; ignored: readonly UserId[] }

/** Events that counted for the user through an exception: mentions, keywords, invitations. */
export const silenceOwn = query<Ignoring>()((db, p, d) =>
  db
    .updateTable('exceptions')
    .set({ notify: 0, highlight: 0, actions: '[]', rule_kind: null, rule_id: null })
    .where('user_id', '=', p.userId)
    .where('notify', '=', 1)
    .where('position', 'in', (eb) =>
      eb
        .selectFrom('exceptions as e')
        .innerJoin('events as v', 'v.position', 'e.position')
        .where('e.user_id', '=', p.userId)
        .where('e.notify', '=', 1)
        .where('v.sender', 'in', d.list(p.ignored) as RawBuilder<UserId>)
        .select('e.position'),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('read_positions as t')
            .select('t.position')
            .whereRef('t.user_id', '=', 'exceptions.user_id')
            .whereRef('t.room_id', '=', 'exceptions.room_id')
            .where((or) =>
              or.or([or('t.thread_id', '=', ''), or('t.thread_id', '=', or.ref('exceptions.thread_id'))]),
            )
            .whereRef('t.position', '>=', 'exceptions.position'),
        ),
      ),
    ),
)

/** Events that counted for the user through the cohort: the newest `limit` of the unread ones. */
export const silenceShared = query<Ignoring & { limit: number }>()((db, p, d) =>
  db
    .insertInto('exceptions')
    .columns(EXCEPTION_COLUMNS)
    .expression(
      sql<never>`
      with s as materialized (${intervalsWhere(sql`r.user_id = ${p.userId} and r.thread_id = '' and r.room_id in ${shared(p, d)}`)})
      select s.user_id, s.room_id, o.position, o.thread_id, 0, 0, 1, o.highlight, '[]', null, null
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
