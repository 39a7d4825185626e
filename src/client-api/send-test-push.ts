import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { testPush, type TestPushDeps, type TestStatus } from '../pushers/send-test-push.ts'
import { once } from '../lib/once.ts'

// Stricter than the syntax of event ids: the client chooses the id, and it is sent to a gateway.
const EVENT_ID = /^\$[A-Za-z0-9_-]{1,128}$/

const body = z.object({
  app_id: z.string(),
  pushkey: z.string(),
  event_id: z.string().regex(EVENT_ID, 'expected $ and 1 to 128 of A-Z a-z 0-9 _ -').optional(),
})

const STATUSES = [
  'ok',
  'rejected',
  'unreachable',
  'rate_limited',
  'not_registered',
  'blocked',
  'disabled',
  'not_activated',
  'unsupported',
] as const satisfies readonly TestStatus[]
const testPushSchema = once(() =>
  z.strictObject({
    status: z.enum(STATUSES),
    'org.belfry.attempt': z
      .strictObject({
        event_id: z.string(),
        gateway_status: z.int().nullable().describe('Null: no complete response'),
        ms: z.int().min(0).describe('The duration in milliseconds'),
        error: z.string().nullable(),
      })
      .nullable()
      .describe('Null: nothing was sent'),
  }),
)

/**
 * `POST /pushers/push` (MSC4173): sends a real poke to a pusher of the requester and returns the result.
 * `status` has the values of the proposal; `org.belfry.attempt` has the details (null: nothing was sent).
 */
export function testPushRoutes(deps: TestPushDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/_matrix/client/unstable/org.matrix.msc4173/pushers/push',
      auth: 'user',
      limit: 'test push',
      body,
      summary: 'Sends a test push to one of your pushers',
      response: { 200: testPushSchema },
      async handler({ requester: { userId }, body: requested, signal }) {
        const { app_id: appId, pushkey, event_id: eventId } = requested
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
