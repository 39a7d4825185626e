import { z } from 'zod'
import { userById } from '../accounts/users-store.ts'
import { eventStream } from '../http/event-stream.ts'
import { named, uncheckedJson } from '../http/response.ts'
import { eventId, roomId, time, userId } from '../http/response-parts.ts'
import { defineRoute, type Requester, type Route } from '../http/route.ts'
import { queryInteger, queryPosition, roomIdSchema, userIdSchema } from '../http/schema.ts'
import type { Clock } from '../lib/clock.ts'
import { limitExceeded, notFound } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import { createOccupancy } from '../lib/occupancy.ts'
import { once } from '../lib/once.ts'
import { DAY_MS } from '../lib/sweeper.ts'
import type { Database } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { DEVICE_STATES, type DeviceState } from '../trace/device-state.ts'
import { listJourneys } from './journey-list.ts'
import type { JourneyFilter } from './journey-scan.ts'
import { cursorText, parseCursor, presentCursor, watchJourneys } from './journey-stream.ts'
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

const journeyFilters = {
  state: states.optional(),
  device: queryInteger({ min: 1, max: Number.MAX_SAFE_INTEGER }).optional(),
  room: roomIdSchema.optional(),
  user_id: userIdSchema.optional(),
}

const query = z.object({
  ...journeyFilters,
  since: since.optional(),
  limit: queryInteger({ min: 1, max: 100 }).default(50),
  from: queryPosition({ min: 0, max: Number.MAX_SAFE_INTEGER }).optional(),
})

const lastEventId = z
  .string()
  .refine((id) => parseCursor(id) !== undefined, 'expected the id of an event of the stream, or of the list')
const streamQuery = z.object({ ...journeyFilters, last_event_id: lastEventId.optional() })

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
    last_event_id: z.string().describe('The `last_event_id` with which the stream continues this list'),
  }),
)

export type JourneyListDeps = { db: Database; clock: Clock; retentionDays: number }

type Filters = Omit<z.output<typeof query>, 'limit' | 'from'>

/** The filter of a request. The list ends where the records of journeys end. */
function filterOf({ clock, retentionDays }: JourneyListDeps, given: Filters): JourneyFilter {
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
          const of = await existingUser(q, requester, given.user_id)
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
            last_event_id: cursorText(await presentCursor(q, deps.clock.now())),
          }
        }),
    }),
    streamRoute(deps),
  ]
}

/** @throws 403 for another user, unless the requester is an administrator; 404 when that user does not exist */
async function existingUser(
  q: Queries,
  requester: Requester,
  requested: UserId | undefined,
): Promise<UserId> {
  const userId = targetUser(requester, requested)
  if (userId !== requester.userId && !(await q.first(userById, { userId })))
    throw notFound('There is no such user')
  return userId
}

/**
 * Whether the requester may still read the journeys of the user: an administrator can lose the role while a
 * stream is open.
 */
async function mayRead(q: Queries, { userId }: Requester, of: UserId): Promise<boolean> {
  return of === userId || (await q.first(userById, { userId }))?.is_admin === 1
}

const MAX_PER_USER = 10
const MAX_PER_ADDRESS = 20
const TRY_AGAIN_MS = 10_000

function streamRoute(deps: JourneyListDeps): Route {
  const { db } = deps
  const limits = { user: createOccupancy(MAX_PER_USER), address: createOccupancy(MAX_PER_ADDRESS) }
  return defineRoute({
    method: 'GET',
    path: '/_belfry/v1/journeys/stream',
    auth: 'user',
    limit: 'default',
    query: streamQuery,
    summary:
      'The journeys that begin or change, as server-sent events; Last-Event-ID resumes after that event',
    response: { 200: { mediaType: 'text/event-stream' } },
    errors: { 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] },
    async handler({ requester, query: given, lastEventId: header, address, signal }) {
      const userId = await db.snapshot((q) => existingUser(q, requester, given.user_id))
      enterBoth(limits.user.enter(requester.userId), limits.address.enter(address), signal)
      // A browser that reconnects sends the header, and its URL still has the old query.
      const resumed = header === undefined ? undefined : parseCursor(header)
      const after =
        resumed ?? (given.last_event_id === undefined ? undefined : parseCursor(given.last_event_id))
      const filter = { states: given.state, device: given.device, roomId: given.room }
      const isAllowed = (q: Queries) => mayRead(q, requester, userId)
      return eventStream(watchJourneys(deps, { userId, filter, after, isAllowed, signal }))
    },
  })
}

type Leave = (() => void) | undefined

/** Holds both places until the signal aborts. @throws 429 if one of them is not free */
function enterBoth(user: Leave, address: Leave, signal: AbortSignal): void {
  const leave = () => {
    user?.()
    address?.()
  }
  const isFree = user !== undefined && address !== undefined
  if (!isFree || signal.aborted) leave()
  else signal.addEventListener('abort', leave, { once: true })
  if (!isFree) throw limitExceeded(TRY_AGAIN_MS, 'Too many streams are open. Close one first')
}
