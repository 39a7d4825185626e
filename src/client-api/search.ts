import { z } from 'zod'
import { uncheckedJson, named } from '../http/response.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { jsonObject } from '../http/schema.ts'
import { indexNewEvents } from '../rooms/search/index-events.ts'
import { searchEvents, type SearchRequest } from '../rooms/search/search.ts'
import { NO_ROOM_EVENT_FILTER, readRoomEventFilter } from '../rooms/sync/filter.ts'
import { clientEventSchema } from './event-response.ts'
import { readerOf, type RoomReadDeps } from './room-reader.ts'

const DEFAULT_LIMIT = 10
/** A larger `limit` counts as this value. */
const MAX_LIMIT = 50
const DEFAULT_CONTEXT = 5
/** A larger `before_limit` or `after_limit` counts as this value. */
const MAX_CONTEXT = 20
const MAX_TERM_LENGTH = 1000
/** Before a search, at most 1,000 positions that the index lacks are added. The rest follows in the background. */
const INDEX_BATCHES = 10

const TYPES = {
  'content.body': 'm.room.message',
  'content.name': 'm.room.name',
  'content.topic': 'm.room.topic',
} as const
const KEYS = ['content.body', 'content.name', 'content.topic'] as const

const contextLimit = z.int().min(0).default(DEFAULT_CONTEXT)
const roomEvents = z.object({
  search_term: z.string().max(MAX_TERM_LENGTH),
  keys: z.array(z.enum(KEYS)).max(100).optional(),
  filter: jsonObject.optional(),
  order_by: z.enum(['rank', 'recent']).default('rank'),
  event_context: z
    .object({
      before_limit: contextLimit,
      after_limit: contextLimit,
      include_profile: z.boolean().default(false),
    })
    .optional(),
  include_state: z.boolean().default(false),
  groupings: z
    .object({
      group_by: z
        .array(z.object({ key: z.enum(['room_id', 'sender']) }))
        .max(100)
        .default([]),
    })
    .optional(),
})

const resultSchema = named('SearchResult', () =>
  z.strictObject({
    rank: z.number().describe('Higher is closer: the share of the words of the event that the term has'),
    result: clientEventSchema(),
    context: z
      .strictObject({
        start: z.string(),
        end: z.string(),
        events_before: z.array(clientEventSchema()).describe('Newest first'),
        events_after: z.array(clientEventSchema()).describe('Oldest first'),
        profile_info: z
          .record(
            z.string(),
            z.strictObject({ displayname: z.string().optional(), avatar_url: z.string().optional() }),
          )
          .optional(),
      })
      .optional(),
  }),
)

const searchSchema = uncheckedJson(
  named('SearchResults', () =>
    z.strictObject({
      search_categories: z.strictObject({
        room_events: z
          .strictObject({
            count: z.int().describe('The results of the newest 1,000 matches from this page on'),
            highlights: z.array(z.string()),
            results: z.array(resultSchema()),
            next_batch: z.string().optional(),
            groups: z
              .record(
                z.string(),
                z.record(
                  z.string(),
                  z.strictObject({
                    order: z.int(),
                    results: z.array(z.string()),
                    next_batch: z.string().describe('For further results of the group only').optional(),
                  }),
                ),
              )
              .optional(),
            state: z.record(z.string(), z.array(clientEventSchema())).optional(),
          })
          .optional(),
      }),
    }),
  ),
)

/** `POST /search` (client-server API, "Server Side Search"). */
export function searchRoutes(deps: RoomReadDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: client('/search'),
      auth: 'user',
      limit: 'default',
      query: z.object({ next_batch: z.string().optional() }),
      body: z.object({ search_categories: z.object({ room_events: roomEvents.optional() }) }),
      summary: 'Events by words in their text',
      response: { 200: searchSchema },
      errors: { 400: ['M_BAD_JSON', 'M_INVALID_PARAM'] },
      async handler({ requester, query, body }) {
        const criteria = body.search_categories.room_events
        if (criteria === undefined) return { search_categories: {} }
        const request = requestOf(criteria, query.next_batch)
        await indexNewEvents(deps.db, INDEX_BATCHES)
        const found = await deps.db.snapshot((q) => searchEvents(q, readerOf(deps, requester), request))
        return { search_categories: { room_events: found } }
      },
    }),
  ]
}

function requestOf(criteria: z.output<typeof roomEvents>, nextBatch: string | undefined): SearchRequest {
  const filter = criteria.filter ? readRoomEventFilter(JSON.stringify(criteria.filter)) : NO_ROOM_EVENT_FILTER
  const context = criteria.event_context
  return {
    term: criteria.search_term,
    types: (criteria.keys ?? KEYS).map((key) => TYPES[key]),
    filter,
    order: criteria.order_by,
    limit: Math.max(1, Math.min(filter.limit ?? DEFAULT_LIMIT, MAX_LIMIT)),
    context: context && {
      before: Math.min(context.before_limit, MAX_CONTEXT),
      after: Math.min(context.after_limit, MAX_CONTEXT),
      withProfiles: context.include_profile,
    },
    includeState: criteria.include_state,
    groupBy: [...new Set(criteria.groupings?.group_by.map(({ key }) => key))],
    nextBatch,
  }
}
