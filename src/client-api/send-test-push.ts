import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { type TestPushDeps, testPush } from '../pushers/send-test-push.ts'

// Narrower than an event id may be: the id goes to a gateway, and whoever asks has chosen it.
const EVENT_ID = /^\$[A-Za-z0-9_-]{1,128}$/

const body = z.object({
  app_id: z.string(),
  pushkey: z.string(),
  event_id: z.string().regex(EVENT_ID, 'expected $ and 1 to 128 of A-Z a-z 0-9 _ -').optional(),
})

/**
 * `POST /pushers/push` (MSC4173): sends a real poke to a pusher of one's own and answers with what became of it. `status` is
 * the proposal's; `org.belfry.attempt` (null: nothing was sent) tells more of it.
 */
export function testPushRoutes(deps: TestPushDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/_matrix/client/unstable/org.matrix.msc4173/pushers/push',
      auth: 'user',
      limit: 'test push',
      body,
      async handler({ requester: { userId }, body: asked, signal }) {
        const { app_id: appId, pushkey, event_id: eventId } = asked
        const { status, attempt } = await testPush(deps, { userId, appId, pushkey, eventId, signal })
        return {
          status,
          'org.belfry.attempt': attempt && {
            event_id: attempt.eventId,
            gateway_status: attempt.gatewayStatus,
            ms: attempt.ms,
            error: attempt.error,
          },
        }
      },
    }),
  ]
}
