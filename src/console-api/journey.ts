import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { eventIdSchema, userIdSchema } from '../http/schema.ts'
import type { Database } from '../storage/database.ts'
import type { Trace } from '../trace/trace.ts'
import { targetUser } from './target-user.ts'
import { journeyOf } from './event-journey.ts'

const query = z.object({ event_id: eventIdSchema, user_id: userIdSchema.optional() })

/** What became of an event on its way to a user's pushers. */
export function journeyRoutes({ db, trace }: { db: Database; trace: Trace }): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/_belfry/v1/journey',
      auth: 'user',
      limit: 'default',
      query,
      handler: ({ requester, query: { event_id: eventId, user_id: userId } }) =>
        db.snapshot((q) =>
          journeyOf(q, {
            viewer: requester,
            userId: targetUser(requester, userId),
            eventId,
            isTraced: trace.isEnabled,
          }),
        ),
    }),
  ]
}
