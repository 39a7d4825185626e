import { z } from 'zod'
import { asEdited, asOutcome, deviceOf, namedFor } from '../delivery/next-poke.ts'
import { eventPoke, type Poke } from '../delivery/poke.ts'
import { RESENT } from '../gateway/recipient-key.ts'
import { time } from '../http/response-parts.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { eventIdSchema } from '../http/schema.ts'
import type { Clock } from '../lib/clock.ts'
import { notFound } from '../lib/errors.ts'
import type { EventId, UserId } from '../lib/ids.ts'
import type { LoadWords } from '../language/load-words.ts'
import type { JsonObject } from '../lib/json.ts'
import { once } from '../lib/once.ts'
import type { BadgeMeaning } from '../notifications/badge.ts'
import { recipientFacts } from '../notifications/recipient-facts.ts'
import type { PusherRow } from '../pushers/pusher-store.ts'
import { testPush, type TestPushDeps, type TestPushResult } from '../pushers/send-test-push.ts'
import { findEvent } from '../rooms/event-store.ts'
import { loadPokedEvents } from '../rooms/poke-event.ts'
import { visibleEvent } from '../rooms/timeline.ts'
import type { Queries } from '../storage/query.ts'
import type { Trace } from '../trace/trace.ts'
import { newestEditOf, pusherOfUser } from './journey-store.ts'

export type ResendDeps = {
  testPushes: TestPushDeps
  trace: Trace
  clock: Clock
  badge: BadgeMeaning
  wordsOf: LoadWords
}

const params = z.object({ eventId: eventIdSchema })
const body = z.object({ pusher_id: z.int().min(1) })

const response = once(() =>
  z.strictObject({
    status: z
      .string()
      .describe(
        'As for a test push: ok, rejected, unreachable, rate_limited, blocked, disabled, not_activated or unsupported',
      ),
    attempt: z
      .strictObject({
        at: time(),
        gateway_status: z.int().nullable().describe('Null: no complete response'),
        ms: z.int(),
        error: z.string().nullable(),
      })
      .nullable()
      .describe('Null: nothing was sent'),
  }),
)

/** Sends an event to one device of the requester again, as a test. */
export function resendRoutes(deps: ResendDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/_belfry/v1/journeys/:eventId/resend',
      auth: 'user',
      limit: 'test push',
      params,
      body,
      summary: 'Sends an event to one of your devices again, as a test',
      response: { 200: response },
      errors: { 404: ['M_NOT_FOUND'] },
      async handler({ requester: { userId }, params: { eventId }, body: { pusher_id: pusherId }, signal }) {
        const { status, attempt } = await resend(deps, { userId, eventId, pusherId, signal })
        return {
          status,
          attempt: attempt && {
            at: deps.clock.now(),
            gateway_status: attempt.gatewayStatus,
            ms: attempt.ms,
            error: attempt.error,
          },
        }
      },
    }),
  ]
}

type Resent = { userId: UserId; eventId: EventId; pusherId: number; signal: AbortSignal }

/**
 * Sends the present form of the event, with the tweaks of the stored outcome and the present badge, outside
 * the queue of the pusher. The mark in `data` tells the gateway that the poke is no repeat. The attempt is a
 * step of the journey, which changes no state.
 * @throws 404 M_NOT_FOUND: the event does not exist, was redacted or is hidden from the user, or the pusher
 *   is another user's
 */
async function resend(deps: ResendDeps, of: Resent): Promise<TestPushResult> {
  const { testPushes, trace, clock } = deps
  const { userId, eventId, pusherId, signal } = of
  const { pusher, position, pokeFor } = await testPushes.db.snapshot((q) => prepare(deps, q, of))
  // A mail has no form for one event of the past.
  if (pusher.kind === 'email') return { status: 'unsupported', attempt: null }
  const to = { userId, appId: pusher.app_id, pushkey: pusher.pushkey }
  const result = await testPush(testPushes, { ...to, eventId, pokeFor, signal })
  const { status, attempt } = result
  if (attempt !== null)
    await testPushes.db.transaction(async (tx) => {
      const resent = status === 'ok' ? 'taken' : status === 'rejected' ? 'rejected' : 'failed'
      const { gatewayStatus, ms, error } = attempt
      trace.recordResent(tx, clock.now(), { pusherId, position, resent, status: gatewayStatus, ms, error })
    })
  return result
}

type Prepared = {
  pusher: { app_id: string; pushkey: string; kind: string }
  position: number
  pokeFor: (pusher: PusherRow) => Poke
}

async function prepare(
  { testPushes, badge, wordsOf }: ResendDeps,
  q: Queries,
  { userId, eventId, pusherId }: Resent,
): Promise<Prepared> {
  const found = await findEvent(q, eventId)
  if (!found) throw notFound('There is no such event, or you may not see it')
  const stored = await visibleEvent(q, userId, found)
  if (stored.redactedBy !== null) throw notFound('The event was redacted')
  const pusher = await q.first(pusherOfUser, { userId, pusherId })
  if (!pusher) throw notFound('You have no pusher with this id. GET /_belfry/v1/pushers lists yours')
  const { position, roomId, threadId } = stored
  const eventAt = async (at: number) => (await loadPokedEvents(q, [at])).get(at)
  const original = await eventAt(position)
  if (!original) throw notFound('The event does not exist any more')
  const edit = await q.first(newestEditOf, { position })
  const poked = edit ? await asEdited({ eventAt }, edit, original) : original
  const [facts] = await recipientFacts(q, [{ userId, event: { roomId, threadId, position } }], badge)
  const tweaks = (facts?.outcome ? asOutcome(facts.outcome).tweaks : {}) as JsonObject
  const unread = pusher.disable_badge_count === 1 ? null : (facts?.badge ?? 0)
  const event = namedFor(poked, userId, await wordsOf('notification', [pusher.lang]))
  const mark = testPushes.random.token(9)
  return {
    pusher,
    position,
    pokeFor(to) {
      const device = deviceOf(to, testPushes.includeContent)
      return eventPoke({
        event,
        recipient: userId,
        device: { ...device, data: { ...device.data, [RESENT]: mark } },
        tweaks,
        unread,
      })
    },
  }
}
