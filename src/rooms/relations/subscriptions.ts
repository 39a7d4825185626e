import type { Bus } from '../../cluster/bus.ts'
import { MatrixError, notFound, tooMany } from '../../lib/errors.ts'
import type { EventId, RoomId, UserId } from '../../lib/ids.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Database, Transaction } from '../../storage/database.ts'
import type { Queries } from '../../storage/query.ts'
import { nextPosition } from '../../storage/stream.ts'
import type { StreamPoint } from '../../storage/stream-point.ts'
import { findEventOfRoom } from '../event-store.ts'
import { relationOf } from '../relation.ts'
import { pageToken } from '../sync/token.ts'
import { visibleEvent } from '../timeline.ts'
import {
  deleteSubscriptions,
  subscriptionChanges,
  subscriptionCount,
  subscriptionOf,
  upsertSubscription,
} from './subscriptions-store.ts'

export type SubscriptionDeps = { db: Database; bus: Bus; quotas: { thread_subscriptions: number } }

/** A thread of a user, by its root. */
export type ThreadOfUser = { userId: UserId; roomId: RoomId; root: EventId }

/**
 * Subscribes a user to a thread (MSC4306). `automatic`: the reply for which a client subscribes the user,
 * without a choice of the user. An automatic subscription does not replace one that the user made, and is
 * refused when the user has unsubscribed after that reply.
 * @throws 404 M_NOT_FOUND when the user may not see the root; 400 IO.ELEMENT.MSC4306.M_NOT_IN_THREAD; 409
 *   IO.ELEMENT.MSC4306.M_CONFLICTING_UNSUBSCRIPTION; 403 M_FORBIDDEN when the user has too many subscriptions
 */
export async function subscribeToThread(
  deps: SubscriptionDeps,
  thread: ThreadOfUser,
  automatic: EventId | undefined,
): Promise<void> {
  await deps.db.transaction(
    async (tx) => {
      await visibleEvent(tx, thread.userId, { roomId: thread.roomId, eventId: thread.root })
      const cause = automatic === undefined ? undefined : await positionInThread(tx, thread, automatic)
      const before = await tx.first(subscriptionOf, thread)
      const isSubscribed = before?.subscribed === 1
      if (isSubscribed && (before.automatic === 0 || cause !== undefined)) return
      if (before && !isSubscribed && cause !== undefined && cause <= before.position)
        throw new MatrixError(
          409,
          'IO.ELEMENT.MSC4306.M_CONFLICTING_UNSUBSCRIPTION',
          'You have unsubscribed from this thread after that event',
        )
      if (!before) await checkQuota(deps, tx, thread.userId)
      await store(deps, tx, { ...thread, subscribed: 1, automatic: cause === undefined ? 0 : 1 })
    },
    { orderedBy: thread.userId },
  )
}

/**
 * Ends the subscription of a user to a thread. Without a subscription it changes nothing.
 * @throws 404 M_NOT_FOUND when the user may not see the root
 */
export async function unsubscribeFromThread(deps: SubscriptionDeps, thread: ThreadOfUser): Promise<void> {
  await deps.db.transaction(
    async (tx) => {
      await visibleEvent(tx, thread.userId, { roomId: thread.roomId, eventId: thread.root })
      const before = await tx.first(subscriptionOf, thread)
      if (before?.subscribed === 1) await store(deps, tx, { ...thread, subscribed: 0, automatic: 0 })
    },
    { orderedBy: thread.userId },
  )
}

/** @throws 404 M_NOT_FOUND when the user may not see the root, or has no subscription to the thread */
export async function threadSubscription(
  q: Queries,
  { userId, roomId, root }: ThreadOfUser,
): Promise<{ automatic: boolean }> {
  await visibleEvent(q, userId, { roomId, eventId: root })
  const found = await q.first(subscriptionOf, { userId, root })
  if (found?.subscribed !== 1) throw notFound('You have no subscription to this thread')
  return { automatic: found.automatic === 1 }
}

async function positionInThread(
  q: Queries,
  { roomId, root }: ThreadOfUser,
  eventId: EventId,
): Promise<number> {
  const event = await findEventOfRoom(q, roomId, eventId)
  const relation = event && relationOf(event.content)
  if (event && relation?.type === 'm.thread' && relation.eventId === root) return event.position
  throw new MatrixError(
    400,
    'IO.ELEMENT.MSC4306.M_NOT_IN_THREAD',
    'automatic: the event is not a reply in this thread',
  )
}

async function checkQuota({ quotas }: SubscriptionDeps, tx: Transaction, userId: UserId): Promise<void> {
  const count = (await tx.first(subscriptionCount, { userId }))?.count ?? 0
  if (count >= quotas.thread_subscriptions)
    throw tooMany(
      'quotas.thread_subscriptions',
      `You have or had subscriptions to ${count} threads, the maximum`,
    )
}

async function store(
  { bus }: SubscriptionDeps,
  tx: Transaction,
  subscription: ThreadOfUser & { subscribed: 0 | 1; automatic: 0 | 1 },
): Promise<void> {
  await tx.run(upsertSubscription, { ...subscription, position: await nextPosition(tx) })
  tx.onCommit(() => bus.publish(`user:${subscription.userId}`))
}

export type SubscriptionsRequest = {
  userId: UserId
  /** Changes at positions after this point. */
  after: StreamPoint
  upTo: StreamPoint
  limit: number
}

/**
 * The changes of subscriptions in the form of MSC4308. `end`: the token for earlier changes, up to which none
 * is left out; undefined: there are no more.
 */
export type SubscriptionChanges = {
  subscribed: JsonObject
  unsubscribed: JsonObject
  end: string | undefined
}

/** The newest changes of a user's thread subscriptions since a point of the stream. One indexed read. */
export async function threadSubscriptionsSince(
  q: Queries,
  { limit, ...request }: SubscriptionsRequest,
): Promise<SubscriptionChanges> {
  const rows = await q.all(subscriptionChanges, { ...request, limit: limit + 1 })
  const shown = rows.slice(0, limit)
  const [subscribed, unsubscribed]: [Record<string, JsonObject>, Record<string, JsonObject>] = [{}, {}]
  for (const row of shown) {
    const { room_id: roomId, root, automatic, position } = row
    if (row.subscribed === 1)
      (subscribed[roomId] ??= {})[root] = { automatic: automatic === 1, bump_stamp: position }
    else (unsubscribed[roomId] ??= {})[root] = { bump_stamp: position }
  }
  const next = rows[shown.length]
  return { subscribed, unsubscribed, end: next && pageToken(next.position) }
}

/** Removes the subscriptions of an account that closes, in the same transaction. */
export function removeSubscriptions(tx: Transaction, userId: UserId): void {
  tx.write(deleteSubscriptions, { userId })
}
