import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { userIdSchema } from '../../http/schema.ts'
import type { Clock } from '../../lib/clock.ts'
import type { RuleSettings } from '../../push-rules/index.ts'
import type { Database } from '../../storage/database.ts'
import { targetUser } from '../target-user.ts'
import { diagnose } from './diagnose.ts'
import { doctorFacts } from './facts.ts'
import { diagnosis } from './response.ts'

export type DoctorRouteDeps = { db: Database; clock: Clock; settings: RuleSettings }

const query = z.object({ user_id: userIdSchema.optional() })

/**
 * `GET /_belfry/v1/doctor`: what keeps notifications of a user from arriving, and what to do. For
 * administrators, of any user and without the requests that correct it, because these contain pushkeys.
 */
export function doctorRoutes({ db, clock, settings }: DoctorRouteDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/_belfry/v1/doctor',
      auth: 'user',
      limit: 'default',
      query,
      summary: 'What keeps your notifications from arriving, and what to do',
      response: { 200: diagnosis },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ requester, query: { user_id: requested } }) {
        const userId = targetUser(requester, requested)
        const { isServedAlone } = db
        const facts = await db.snapshot((q) =>
          doctorFacts(q, settings, { userId, now: clock.now(), isServedAlone }),
        )
        return diagnose(facts, requester.userId)
      },
    }),
  ]
}
