import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { queryInteger, userIdSchema } from '../http/schema.ts'
import type { Clock } from '../lib/clock.ts'
import { forbidden } from '../lib/errors.ts'
import { reportPushers } from '../pushers/report-pushers.ts'
import type { Database } from '../storage/database.ts'

const query = z.object({
  user_id: userIdSchema.optional(),
  from: queryInteger({ min: 0, max: Number.MAX_SAFE_INTEGER }).default(0),
  limit: queryInteger({ min: 1, max: 1000 }).default(100),
})

/**
 * How pushers are doing: one's own, and for administrators those of a user or, page by page, everybody's. Pushkeys are shown
 * to their owner alone.
 */
export function pusherReportRoutes({ db, clock }: { db: Database; clock: Clock }): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/_belfry/v1/pushers',
      auth: 'user',
      limit: 'default',
      query,
      async handler({ requester, query: { user_id: asked, from, limit } }) {
        const viewer = requester.userId
        if (asked !== undefined && asked !== viewer && !requester.isAdmin)
          throw forbidden('Only an administrator may ask for somebody else')
        const of = asked ?? (requester.isAdmin ? 'all' : viewer)
        const { nextBatch, ...report } = await db.snapshot((q) =>
          reportPushers(q, { viewer, now: clock.now(), of, after: from, limit }),
        )
        return { ...report, ...(nextBatch !== undefined && { next_batch: String(nextBatch) }) }
      },
    }),
  ]
}
