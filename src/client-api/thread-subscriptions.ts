import { z } from 'zod'
import { named, uncheckedJson } from '../http/response.ts'
import { nothing, roomId } from '../http/response-parts.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { eventIdSchema, queryInteger, roomIdSchema } from '../http/schema.ts'
import type { UserId } from '../lib/ids.ts'
import { once } from '../lib/once.ts'
import {
  subscribeToThread,
  type SubscriptionDeps,
  threadSubscription,
  threadSubscriptionsSince,
  unsubscribeFromThread,
} from '../rooms/relations/subscriptions.ts'
import { END, START } from '../storage/stream-point.ts'
import { pointOf } from './room-reader.ts'

const DEFAULT_LIMIT = 100
/** A larger `limit` counts as this value. */
const MAX_LIMIT = 500

const PATH = '/_matrix/client/unstable/io.element.msc4306/rooms/:roomId/thread/:threadRootId/subscription'

const thread = z.object({ roomId: roomIdSchema, threadRootId: eventIdSchema })
const threadOf = (userId: UserId, of: z.output<typeof thread>) => ({
  userId,
  roomId: of.roomId,
  root: of.threadRootId,
})

const subscription = once(() =>
  z.strictObject({ automatic: z.boolean().describe('A client subscribed on behalf of the user') }),
)

const stamp = () => z.int().min(0).describe('Grows with each change')
/** Subscriptions by room and root, as far as they changed (MSC4308). */
export const subscribedThreads = once(() =>
  z.record(roomId(), z.record(z.string(), z.strictObject({ automatic: z.boolean(), bump_stamp: stamp() }))),
)
export const unsubscribedThreads = once(() =>
  z.record(roomId(), z.record(z.string(), z.strictObject({ bump_stamp: stamp() }))),
)
const changes = uncheckedJson(
  named('ThreadSubscriptions', () =>
    z.strictObject({
      subscribed: subscribedThreads().optional(),
      unsubscribed: unsubscribedThreads().optional(),
      end: z.string().describe('The `from` for earlier changes; absent when there are none').optional(),
    }),
  ),
)

/** Subscriptions to threads (MSC4306), and their list (MSC4308). */
export function threadSubscriptionRoutes(deps: SubscriptionDeps): Route[] {
  const shared = { path: PATH, auth: 'user', limit: 'default', params: thread } as const
  return [
    defineRoute({
      ...shared,
      method: 'PUT',
      body: z.object({ automatic: eventIdSchema.optional() }),
      summary: 'Subscribes the user to a thread',
      response: { 200: nothing },
      errors: {
        400: ['IO.ELEMENT.MSC4306.M_NOT_IN_THREAD'],
        403: ['M_FORBIDDEN'],
        404: ['M_NOT_FOUND'],
        409: ['IO.ELEMENT.MSC4306.M_CONFLICTING_UNSUBSCRIPTION'],
      },
      async handler({ params, body, requester }) {
        await subscribeToThread(deps, threadOf(requester.userId, params), body.automatic)
        return {}
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      summary: 'The subscription of the user to a thread',
      response: { 200: subscription },
      errors: { 404: ['M_NOT_FOUND'] },
      handler: ({ params, requester }) =>
        deps.db.snapshot((q) => threadSubscription(q, threadOf(requester.userId, params))),
    }),
    defineRoute({
      ...shared,
      method: 'DELETE',
      summary: 'Ends the subscription of the user to a thread',
      response: { 200: nothing },
      errors: { 404: ['M_NOT_FOUND'] },
      async handler({ params, requester }) {
        await unsubscribeFromThread(deps, threadOf(requester.userId, params))
        return {}
      },
    }),
    listRoute(deps),
  ]
}

function listRoute({ db }: SubscriptionDeps): Route {
  return defineRoute({
    method: 'GET',
    path: '/_matrix/client/unstable/io.element.msc4308/thread_subscriptions',
    auth: 'user',
    limit: 'default',
    query: z.object({
      dir: z.enum(['b']).default('b'),
      from: z.string().optional(),
      to: z.string().optional(),
      limit: queryInteger({ min: 1, max: Number.MAX_SAFE_INTEGER }).default(DEFAULT_LIMIT),
    }),
    summary: 'The changes of the thread subscriptions of the user, newest first',
    response: { 200: changes },
    async handler({ query, requester }) {
      const found = await threadSubscriptionsSince(db, {
        userId: requester.userId,
        after: pointOf(query.to, 'to') ?? START,
        upTo: pointOf(query.from, 'from') ?? END,
        limit: Math.min(query.limit, MAX_LIMIT),
      })
      const { subscribed, unsubscribed, end } = found
      return {
        ...(Object.keys(subscribed).length > 0 && { subscribed }),
        ...(Object.keys(unsubscribed).length > 0 && { unsubscribed }),
        ...(end !== undefined && { end }),
      }
    },
  })
}
