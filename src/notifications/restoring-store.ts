import { type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'
import { isNotifyingInvitation } from './invitation-sql.ts'
import { unreadOfRoom } from './unread-sql.ts'

// When a user no longer ignores people or blocks invitations, the outcomes that `ignoring-store.ts` has kept
// count again.

/** An outcome to restore. `isShared`: that of the cohort. */
export type Restorable = { position: number; roomId: RoomId; isShared: 0 | 1 }

/**
 * The kept outcomes of a user that nothing hides any more: the sender is not ignored, and no block hides the
 * invitation.
 */
export const restorable = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('silenced_outcomes as s')
    .select(['s.position', 's.room_id as roomId', 's.is_shared as isShared'])
    .where('s.user_id', '=', p.userId)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('ignored_users as i')
            .select('i.ignored')
            .whereRef('i.user_id', '=', 's.user_id')
            .where(sql<boolean>`i.ignored = s.sender`),
        ),
      ),
    )
    .where(
      sql<boolean>`not exists (select 1 from users as u where u.user_id = s.user_id and u.blocks_invitations = 1
        and exists (select 1 from memberships as m where m.user_id = s.user_id and m.room_id = s.room_id
          and m.membership = 'invite' and m.position = s.position))`,
    )
    .orderBy('s.position'),
)

type Positions = { userId: UserId; positions: readonly number[] }

export const restoreOwn = query<Positions>()((db, p, d) => {
  const kept = <T>(column: string) =>
    sql<T>`(select ${sql.ref(`s.${column}`)} from silenced_outcomes as s
      where s.user_id = exceptions.user_id and s.position = exceptions.position)`
  return db
    .updateTable('exceptions')
    .set({
      notify: 1,
      highlight: kept<0 | 1>('highlight'),
      actions: kept<string>('actions'),
      rule_kind: kept<string | null>('rule_kind'),
      rule_id: kept<string | null>('rule_id'),
    })
    .where('user_id', '=', p.userId)
    .where('notify', '=', 0)
    .where('position', 'in', d.numbers(p.positions))
})

/** Deletes the exceptions that subtract the outcomes of the cohorts. */
export const restoreShared = query<Positions>()((db, p, d) =>
  db
    .deleteFrom('exceptions')
    .where('user_id', '=', p.userId)
    .where('notify', '=', 0)
    .where('position', 'in', d.numbers(p.positions)),
)

export const deleteRestored = query<Positions>()((db, p, d) =>
  db
    .deleteFrom('silenced_outcomes')
    .where('user_id', '=', p.userId)
    .where('position', 'in', d.numbers(p.positions)),
)

export const deleteSilenced = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('silenced_outcomes').where('user_id', '=', p.userId),
)

/** Adds rooms with unread events, and invitations that notify, to the badge of a user with pushers. */
export const addToBadge = query<{ userId: UserId; roomIds: readonly RoomId[] }>()((db, p, d) =>
  db
    .insertInto('badge_rooms')
    .columns(['user_id', 'room_id'])
    .expression(
      db
        .selectFrom('memberships as m')
        .leftJoin('read_positions as r', (join) =>
          join
            .onRef('r.user_id', '=', 'm.user_id')
            .onRef('r.room_id', '=', 'm.room_id')
            .on('r.thread_id', '=', ''),
        )
        .select(['m.user_id', 'm.room_id'])
        .where('m.user_id', '=', p.userId)
        .where('m.room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>)
        .where(
          sql<boolean>`exists (select 1 from pushers as p where p.user_id = m.user_id)
            and (${isNotifyingInvitation} or (r.position is not null and ${unreadOfRoom('notify')} > 0))`,
        ),
    )
    .onConflict((conflict) => conflict.columns(['user_id', 'room_id']).doNothing()),
)

/** Keeps the outcome of an invitation by an ignored user. */
export const keepInvitation = query<{
  userId: UserId
  position: number
  roomId: RoomId
  threadId: string
  sender: UserId
  highlight: 0 | 1
  actions: string
  ruleKind: string | null
  ruleId: string | null
}>()((db, p) =>
  db.insertInto('silenced_outcomes').values({
    user_id: p.userId,
    position: p.position,
    room_id: p.roomId,
    thread_id: p.threadId,
    sender: p.sender,
    is_shared: 0,
    highlight: p.highlight,
    actions: p.actions,
    rule_kind: p.ruleKind,
    rule_id: p.ruleId,
  }),
)
