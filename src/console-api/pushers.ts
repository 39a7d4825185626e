import { z } from 'zod'
import { named, uncheckedJson } from '../http/response.ts'
import { once } from '../lib/once.ts'
import { time, userId } from '../http/response-parts.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { queryInteger, queryPosition, userIdSchema } from '../http/schema.ts'
import type { Clock } from '../lib/clock.ts'
import { forbidden } from '../lib/errors.ts'
import { pusherStatus } from '../pushers/pusher-status.ts'
import type { RemovalReason } from '../pushers/remove-pushers.ts'
import { reportPushers } from '../pushers/report-pushers.ts'
import type { Database } from '../storage/database.ts'

const query = z.object({
  user_id: userIdSchema.optional(),
  from: queryPosition({ min: 0, max: Number.MAX_SAFE_INTEGER }).default(0),
  limit: queryInteger({ min: 1, max: 1000 }).default(100),
})

const REMOVAL_REASONS: readonly RemovalReason[] = [
  'deleted',
  'rejected',
  'device removed',
  'taken over',
  'account closed',
  'unsubscribed',
  'address removed',
  'not confirmed',
]

const identity = () => ({
  user_id: userId(),
  app_id: z.string(),
  pushkey: z.string().describe('Only for the owner').optional(),
  pushkey_hash: z.string(),
  kind: z.string(),
  app_display_name: z.string(),
  device_display_name: z.string(),
  device_id: z.string().nullable(),
  instance_handle: z.string().nullable(),
})

const reportedPusher = named('ReportedPusher', () =>
  z.strictObject({
    pusher_id: z.int().describe('As in the list of journeys'),
    ...identity(),
    enabled: z.boolean(),
    disable_badge_count: z.boolean(),
    hold_while_active_ms: z.int(),
    gateway: z.string().nullable().describe('The origin of its URL'),
    created_at: time(),
    set_at: time(),
    ...pusherStatus().shape,
  }),
)

const removedPusher = named('RemovedPusher', () =>
  z.strictObject({
    ...identity(),
    reason: z.enum(REMOVAL_REASONS),
    removed_at: time(),
    last_success_at: time().nullable(),
    failing_since: time().nullable(),
    last_error: z.string().nullable(),
  }),
)

const report = once(() =>
  z.strictObject({
    pushers: z.array(uncheckedJson(reportedPusher)()),
    removed: z.array(uncheckedJson(removedPusher)()),
    next_batch: z.string().describe('The `from` of the next page; absent on the last page').optional(),
  }),
)

/**
 * The status of pushers: of the requester, and for administrators of one user, or of all users page by page.
 * Only the owner sees a pushkey.
 */
export function pusherReportRoutes({ db, clock }: { db: Database; clock: Clock }): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/_belfry/v1/pushers',
      auth: 'user',
      limit: 'default',
      query,
      summary: 'The status of pushers, and the removed pushers with the reason',
      response: { 200: report },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ requester, query: { user_id: requested, from, limit } }) {
        const viewer = requester.userId
        if (requested !== undefined && requested !== viewer && !requester.isAdmin)
          throw forbidden('Only an administrator may request another user')
        const of = requested ?? (requester.isAdmin ? 'all' : viewer)
        const { nextBatch, ...report } = await db.snapshot((q) =>
          reportPushers(q, { viewer, now: clock.now(), of, after: from, limit }),
        )
        return { ...report, ...(nextBatch !== undefined && { next_batch: String(nextBatch) }) }
      },
    }),
  ]
}
