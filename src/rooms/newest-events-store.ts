import type { RoomId, UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

/**
 * The rooms that a user is in, with the first position that the user was notified of, and the position of the
 * last event. The rooms with the newest events come first. Of a room that the user is invited to, only the
 * invitation.
 */
export const roomsByNewestEvent = query<{ userId: UserId; limit: number }>()((db, p) =>
  db
    .selectFrom((from) =>
      from
        .selectFrom('memberships as m')
        .where('m.user_id', '=', p.userId)
        .where('m.membership', 'in', ['join', 'invite'])
        .select((eb) => [
          'm.room_id',
          eb
            .case()
            .when('m.membership', '=', 'join')
            .then(eb.ref('m.sharing_position'))
            .else(eb.ref('m.position'))
            .end()
            .as('first'),
          eb
            .case()
            .when('m.membership', '=', 'join')
            .then(
              eb
                .selectFrom('events as e')
                .whereRef('e.room_id', '=', 'm.room_id')
                .select((inner) => inner.fn.max<number>('e.position').as('position')),
            )
            .else(eb.ref('m.position'))
            .end()
            .as('newest'),
        ])
        .as('rooms'),
    )
    .select(['room_id', 'first', 'newest'])
    .where('newest', 'is not', null)
    .orderBy('newest', 'desc')
    .limit(p.limit)
    .$narrowType<{ room_id: RoomId; first: number; newest: number }>(),
)
