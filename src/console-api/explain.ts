import { z } from 'zod'
import { defineRoute, type Requester, type Route } from '../http/route.ts'
import { eventIdSchema, jsonObject, roomIdSchema, userIdSchema } from '../http/schema.ts'
import type { Clock } from '../lib/clock.ts'
import { forbidden, invalidParam, missingParam } from '../lib/errors.ts'
import type { JsonObject } from '../lib/json.ts'
import type { RuleSettings } from '../push-rules/index.ts'
import type { Database } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { targetUser } from './target-user.ts'
import { dryRun } from './dry-run.ts'
import { explainEvent } from './explain-event.ts'
import { explainedEvent } from './explain-response.ts'
import { MAX_PREVIEWED, previewRules } from './preview.ts'
import { dryRunResponse } from './preview-response.ts'

export type ExplainRouteDeps = { db: Database; clock: Pick<Clock, 'now'>; settings: RuleSettings }

/** The largest time of ECMAScript. */
const MAX_TIME_MS = 8_640_000_000_000_000

const path = '/_belfry/v1/explain'

const query = z.object({
  room_id: roomIdSchema,
  event_id: eventIdSchema,
  user_id: userIdSchema.optional(),
})

const body = z.object({
  event: jsonObject
    .refine((event) => typeof event['type'] === 'string', 'expected an event with a type')
    .optional(),
  over: z.object({ last: z.int().min(1).max(MAX_PREVIEWED) }).optional(),
  room_id: roomIdSchema.optional(),
  user_id: userIdSchema.optional(),
  member_count: z.int().min(0).max(1_000_000_000).optional(),
  rules: jsonObject.optional(),
  only_these_rules: z.boolean().default(false),
  at: z
    .int()
    .min(0)
    .max(MAX_TIME_MS)
    .optional()
    .describe('The time of the event, in milliseconds since the Unix epoch. Default: now'),
})

/**
 * Why a user is, or is not, notified of an event: a stored event (GET), or an event in the request (POST, a
 * dry run).
 */
export function explainRoutes({ db, clock, settings }: ExplainRouteDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path,
      auth: 'user',
      limit: 'default',
      query,
      summary: 'The reasons why an event did, or did not, notify a user',
      response: { 200: explainedEvent },
      errors: { 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] },
      handler: ({ requester, query: { room_id: roomId, event_id: eventId, user_id: userId } }) =>
        db.snapshot((q) =>
          explainEvent(q, settings, {
            viewer: requester,
            userId: targetUser(requester, userId),
            roomId,
            eventId,
          }),
        ),
    }),
    defineRoute({
      method: 'POST',
      path,
      auth: 'user',
      limit: 'default',
      body,
      summary:
        'A dry run: the reasons why an event would, or would not, notify a user, or what rules would change for the newest events',
      response: { 200: dryRunResponse },
      errors: { 403: ['M_FORBIDDEN'] },
      handler: ({ requester, body: given }) =>
        db.snapshot((q) => answer(q, settings, { requester, given, now: clock.now() })),
    }),
  ]
}

type Asked = { requester: Requester; given: z.infer<typeof body>; now: number }

/** The explanation of the given event, or the preview over the newest events. */
function answer(q: Queries, settings: RuleSettings, { requester, given, now }: Asked): Promise<JsonObject> {
  const { event, over } = given
  const userId = targetUser(requester, given.user_id)
  const rules = { rules: given.rules, onlyThese: given.only_these_rules, now }
  if (over !== undefined) {
    if (event !== undefined || [given.room_id, given.member_count, given.at].some((one) => one !== undefined))
      throw invalidParam('over: not allowed together with event, room_id, member_count or at')
    // The rules of an administrator would tell which words are in the messages of others.
    if (userId !== requester.userId) throw forbidden('over: only for your own events')
    return previewRules(q, settings, { userId, last: over.last, ...rules })
  }
  if (event === undefined) throw missingParam(['event'])
  return dryRun(q, settings, {
    viewer: requester,
    userId,
    event: event as JsonObject & { type: string },
    roomId: given.room_id,
    memberCount: given.member_count,
    at: given.at ?? now,
    ...rules,
  })
}
