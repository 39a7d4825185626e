import { z } from 'zod'
import { userById } from '../accounts/users-store.ts'
import { named, uncheckedJson } from '../http/response.ts'
import { eventId, roomId, time, userId } from '../http/response-parts.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { queryInteger, queryPosition, roomIdSchema, userIdSchema } from '../http/schema.ts'
import type { Clock } from '../lib/clock.ts'
import { notFound } from '../lib/errors.ts'
import type { JsonObject } from '../lib/json.ts'
import { once } from '../lib/once.ts'
import { DAY_MS } from '../lib/sweeper.ts'
import type { Database } from '../storage/database.ts'
import { DEVICE_STATES, type DeviceState } from '../trace/device-state.ts'
import { listJourneys } from './journey-list.ts'
import type { JourneyFilter } from './journey-scan.ts'
import { targetUser } from './target-user.ts'

const STATES = Object.keys(DEVICE_STATES) as DeviceState[]
const isState = (word: string): word is DeviceState => Object.hasOwn(DEVICE_STATES, word)

const states = z
  .string()
  .transform((text) => text.split(',').map((word) => word.trim()))
  .refine((words) => words.every(isState), `expected one or more of: ${STATES.join(', ')}`)
  .transform((words) => new Set(words.filter(isState)))

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: DAY_MS }

/** A time in milliseconds since the Unix epoch, or a duration before now. */
type Since = { at: number } | { ago: number }

const since = z
  .string()
  .regex(
    /^(\d{1,16}|\d{1,6}[smhd])$/,
    'expected a time in milliseconds since the Unix epoch, or a duration such as 90s, 30m, 24h or 7d',
  )
  .transform((text): Since => {
    const unit = UNITS[text.at(-1) ?? '']
    return unit === undefined
      ? { at: Math.min(Number(text), Number.MAX_SAFE_INTEGER) }
      : { ago: Number(text.slice(0, -1)) * unit }
  })

/** The filters, which the stream of journeys has too. */
export const journeyFilters = {
  state: states.optional(),
  device: queryInteger({ min: 1, max: Number.MAX_SAFE_INTEGER }).optional(),
  room: roomIdSchema.optional(),
  since: since.optional(),
  user_id: userIdSchema.optional(),
}

const query = z.object({
  ...journeyFilters,
  limit: queryInteger({ min: 1, max: 100 }).default(50),
  from: queryPosition({ min: 0, max: Number.MAX_SAFE_INTEGER }).optional(),
})

const deviceEntry = named('JourneyDevice', () =>
  z.strictObject({
    pusher_id: z.int(),
    app_id: z.string(),
    app_display_name: z.string(),
    device_display_name: z.string(),
    instance_handle: z.string().nullable(),
    removed_at: time().nullable(),
    state: z.enum(STATES),
    reason: z.string().describe('One of the reasons in docs/journey.md'),
    text: z.string().describe('The reason for people'),
    at: time().nullable().describe('The time of the step that gives the state'),
    attempts: z.int(),
    next_attempt_at: time().nullable(),
    error: z.string().nullable().describe('Of the last attempt'),
    arrived: z
      .strictObject({ at: time(), after_ms: z.int() })
      .nullable()
      .describe('The fetch of the event by the device, and the time since the poke; null: not known'),
    not_seen: z.boolean().describe('The device usually fetches events, and has not fetched this one'),
  }),
)

const journeyEntry = named('JourneyEntry', () =>
  z.strictObject({
    event_id: eventId(),
    room_id: roomId(),
    room_name: z.string().nullable().describe('The name as the user sees it'),
    sender: userId(),
    type: z.string(),
    at: time(),
    redacted: z.boolean(),
    decision: z.strictObject({
      notifies: z.boolean().nullable().describe('Null: no longer known'),
      reason: z.string(),
      text: z.string(),
      rule: z.strictObject({ kind: z.string(), rule_id: z.string() }).nullable(),
    }),
    devices: z.array(deviceEntry()),
  }),
)

const page = once(() =>
  z.strictObject({
    journeys: z.array(uncheckedJson(journeyEntry)()),
    total: z.int().describe('The number of journeys that match the filters'),
    total_is_at_least: z.boolean().describe('Whether counting ended early: there can be more'),
    next_batch: z.string().describe('The `from` of the next page; absent on the last page').optional(),
  }),
)

export type JourneyListDeps = { db: Database; clock: Clock; retentionDays: number }

type Filters = z.output<z.ZodObject<typeof journeyFilters>>

/** The filter of a request. The list ends where the records of journeys end. */
export function filterOf({ clock, retentionDays }: JourneyListDeps, given: Filters): JourneyFilter {
  const now = clock.now()
  const from = given.since === undefined ? 0 : 'at' in given.since ? given.since.at : now - given.since.ago
  return {
    states: given.state,
    device: given.device,
    roomId: given.room,
    since: Math.max(from, now - retentionDays * DAY_MS),
  }
}

/** The list of the journeys of a user. */
export function journeyListRoutes(deps: JourneyListDeps): Route[] {
  const { db } = deps
  return [
    defineRoute({
      method: 'GET',
      path: '/_belfry/v1/journeys',
      auth: 'user',
      limit: 'default',
      query,
      summary: 'The journeys of the events that concern a user, newest first, with the state for each device',
      response: { 200: page },
      errors: { 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] },
      handler: ({ requester, query: given }) =>
        db.snapshot(async (q) => {
          const of = targetUser(requester, given.user_id)
          if (of !== requester.userId && !(await q.first(userById, { userId: of })))
            throw notFound('There is no such user')
          const { limit, from } = given
          const filter = filterOf(deps, given)
          const { journeys, total, isBounded, next } = await listJourneys(q, {
            userId: of,
            filter,
            limit,
            from,
          })
          return {
            journeys: journeys as unknown as JsonObject[],
            total,
            total_is_at_least: isBounded,
            ...(next !== undefined && { next_batch: String(next) }),
          }
        }),
    }),
  ]
}
