import { z } from 'zod'
import { named, uncheckedJson } from '../http/response.ts'
import { eventId, roomId, time, userId } from '../http/response-parts.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { eventIdSchema, userIdSchema } from '../http/schema.ts'
import type { Database } from '../storage/database.ts'
import type { Trace } from '../trace/trace.ts'
import { VOCABULARY } from '../trace/vocabulary.ts'
import { journeyOf } from './event-journey.ts'
import { ruleTimes } from './explain-response.ts'
import { targetUser } from './target-user.ts'

const query = z.object({ event_id: eventIdSchema, user_id: userIdSchema.optional() })

const journeyStep = named('JourneyStep', () =>
  z.strictObject({
    step: z.enum(Object.keys(VOCABULARY)),
    reason: z.string().describe('One of the reasons in docs/journey.md for this step'),
    text: z.string().describe('A description for people'),
    at: time().nullable(),
    attempt: z.int().optional(),
    status: z.int().nullable().optional(),
    ms: z.number().nullable().optional(),
    error: z.string().nullable().optional(),
    rule: z
      .strictObject({
        scope: z.enum(['device', 'global']).optional().describe('For a decision about one device'),
        kind: z.string(),
        rule_id: z.string(),
        ...ruleTimes(),
      })
      .nullable()
      .optional(),
    next_attempt_at: time().nullable().optional(),
    provider_id: z.string().nullable().optional(),
  }),
)

const journey = uncheckedJson(
  named('Journey', () =>
    z.strictObject({
      event_id: eventId(),
      room_id: roomId(),
      type: z.string(),
      sender: userId(),
      user_id: userId(),
      notifies: z.boolean().nullable().describe('Null: no longer known'),
      read: z.boolean(),
      traced: z.boolean().describe('Whether journeys are recorded'),
      steps: z.array(journeyStep()),
      pushers: z.array(
        z.strictObject({
          pusher_id: z.int(),
          app_id: z.string(),
          app_display_name: z.string(),
          device_display_name: z.string(),
          pushkey_hash: z.string(),
          removed_at: time().nullable(),
          state: z.string().nullable().describe('The step that gives the present state of the event'),
          reason: z.string().nullable(),
          steps: z.array(journeyStep()),
        }),
      ),
    }),
  ),
)

/** The journey of an event to the pushers of a user. */
export function journeyRoutes({ db, trace }: { db: Database; trace: Trace }): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/_belfry/v1/journey',
      auth: 'user',
      limit: 'default',
      query,
      summary: 'The journey of an event to each pusher of a user',
      response: { 200: journey },
      errors: { 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] },
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
