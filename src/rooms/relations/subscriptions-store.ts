import type { EventId, RoomId, UserId } from '../../lib/ids.ts'
import type { Flag } from '../../storage/columns.ts'
import { query } from '../../storage/query.ts'
import type { StreamPoint } from '../../storage/stream-point.ts'

type SubscriptionKey = { userId: UserId; root: EventId }

export const subscriptionOf = query<SubscriptionKey>()((db, p) =>
  db
    .selectFrom('thread_subscriptions')
    .select(['subscribed', 'automatic', 'position'])
    .where('user_id', '=', p.userId)
    .where('root', '=', p.root),
)

export const subscriptionCount = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('thread_subscriptions')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('user_id', '=', p.userId),
)

type StoredSubscription = SubscriptionKey & {
  roomId: RoomId
  subscribed: Flag
  automatic: Flag
  position: number
}

export const upsertSubscription = query<StoredSubscription>()((db, p) =>
  db
    .insertInto('thread_subscriptions')
    .values({
      user_id: p.userId,
      root: p.root,
      room_id: p.roomId,
      subscribed: p.subscribed,
      automatic: p.automatic,
      position: p.position,
    })
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'root']).doUpdateSet((eb) => ({
        subscribed: eb.ref('excluded.subscribed'),
        automatic: eb.ref('excluded.automatic'),
        position: eb.ref('excluded.position'),
      })),
    ),
)

type Changes = { userId: UserId; after: StreamPoint; upTo: StreamPoint; limit: number }

/** The subscriptions that changed at positions after `after`, up to and including `upTo`; the newest first. */
export const subscriptionChanges = query<Changes>()((db, p, d) =>
  db
    .selectFrom('thread_subscriptions')
    .select(['room_id', 'root', 'subscribed', 'automatic', 'position'])
    .where('user_id', '=', p.userId)
    .where(d.isAfter('position', p.after))
    .where(d.isUpTo('position', p.upTo))
    .orderBy('position', 'desc')
    .limit(p.limit),
)

export const deleteSubscriptions = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('thread_subscriptions').where('user_id', '=', p.userId),
)
