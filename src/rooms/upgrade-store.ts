import { sql } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

/** `after`: the keys up to this one are done. */
type Missing = { from: RoomId; to: RoomId; after: string; limit: number }

/** The users who are banned in a room and have no membership in its replacement, by user id. */
export const bansToCarry = query<Missing>()((db, p) =>
  db
    .selectFrom('memberships as m')
    .innerJoin('events as e', 'e.position', 'm.position')
    .select(['m.user_id as key', 'e.content'])
    .where('m.room_id', '=', p.from)
    .where('m.membership', '=', 'ban')
    .where('m.user_id', '>', p.after as UserId)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('memberships as n')
            .select('n.user_id')
            .where('n.room_id', '=', p.to)
            .whereRef('n.user_id', '=', 'm.user_id'),
        ),
      ),
    )
    .orderBy('m.user_id')
    .limit(p.limit),
)

/**
 * The rooms of a space that its replacement does not have, by state key. Also those that were removed from
 * the space.
 */
export const childrenToCarry = query<Missing>()((db, p) =>
  db
    .selectFrom('rooms as r')
    .innerJoin('current_state as s', 's.room_id', 'r.room_id')
    .innerJoin('events as e', 'e.position', 's.position')
    .select(['s.state_key as key', 'e.content'])
    .where('r.room_id', '=', p.from)
    .where('r.room_type', '=', sql.lit('m.space'))
    .where('s.type', '=', sql.lit('m.space.child'))
    .where('s.state_key', '>', p.after)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('current_state as n')
            .select('n.state_key')
            .where('n.room_id', '=', p.to)
            .where('n.type', '=', sql.lit('m.space.child'))
            .whereRef('n.state_key', '=', 's.state_key'),
        ),
      ),
    )
    .orderBy('s.state_key')
    .limit(p.limit),
)

export const countBans = query<{ roomId: RoomId }>()((db, p) =>
  db
    .selectFrom('memberships')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('room_id', '=', p.roomId)
    .where('membership', '=', 'ban'),
)

/** Begins to copy. An upgrade that still copies continues where it is. */
export const insertUpgrade = query<{ from: RoomId; to: RoomId; userId: UserId; after: string }>()((db, p) =>
  db
    .insertInto('room_upgrades')
    .values({ new_room_id: p.to, old_room_id: p.from, user_id: p.userId, after: p.after })
    .onConflict((conflict) => conflict.doNothing()),
)

export const upgradeOf = query<{ to: RoomId }>()((db, p) =>
  db.selectFrom('room_upgrades').selectAll().where('new_room_id', '=', p.to),
)

/** Any upgrade that still has something to copy. */
export const nextUpgrade = query()((db) =>
  db.selectFrom('room_upgrades').select('new_room_id').orderBy('new_room_id').limit(1),
)

export const moveUpgrade = query<{ to: RoomId; after: string }>()((db, p) =>
  db.updateTable('room_upgrades').set({ after: p.after }).where('new_room_id', '=', p.to),
)

export const deleteUpgrade = query<{ to: RoomId }>()((db, p) =>
  db.deleteFrom('room_upgrades').where('new_room_id', '=', p.to),
)
