import { z } from 'zod'
import { once } from '../lib/once.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { jsonObject, queryBoolean, queryInteger, roomIdSchema } from '../http/schema.ts'
import { time, userId } from '../http/response-parts.ts'
import { uncheckedJson } from '../http/response.ts'
import { notFound } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import { readHierarchy } from '../rooms/hierarchy.ts'
import { roomsSeenBy, roomPreview } from '../rooms/room-facts.ts'
import type { Database } from '../storage/database.ts'
import { roomIdOf } from './room-id-or-alias.ts'
import { summaryKeys } from './room-summary-response.ts'

/** The unstable paths of MSC3266, which clients use that do not check the version of the server. */
const UNSTABLE_PATHS = [
  '/_matrix/client/unstable/im.nheko.summary/summary/:roomIdOrAlias',
  '/_matrix/client/unstable/im.nheko.summary/rooms/:roomIdOrAlias/summary',
] as const
const MAX_ROOMS = 50

const membership = () => z.enum(['invite', 'join', 'knock', 'leave', 'ban'])
const summarySchema = once(() => z.strictObject({ ...summaryKeys(), membership: membership() }))
const unstableSummary = once(() =>
  summarySchema().extend({
    'im.nheko.summary.room_version': z.string(),
    'im.nheko.summary.encryption': z.string().optional(),
  }),
)
const childState = () =>
  z.strictObject({
    type: z.string(),
    state_key: z.string(),
    sender: userId(),
    content: jsonObject,
    origin_server_ts: time(),
  })
const hierarchySchema = once(() =>
  z.strictObject({
    rooms: z.array(
      z.strictObject({
        ...summaryKeys(),
        children_state: z.array(childState()),
      }),
    ),
    next_batch: z.string().optional(),
  }),
)

type Deps = { db: Database; pageBytes: number }

const ofSummary = {
  method: 'GET',
  auth: 'user',
  limit: 'default',
  summary: 'The name, the size and the join rule of a room that you may join or see',
  errors: { 404: ['M_NOT_FOUND'] },
} as const

/** Rooms as users see them before they join (client-server API, "Room Summary", "Spaces"). */
export function roomSummaryRoutes({ db, pageBytes }: Deps): Route[] {
  return [
    defineRoute({
      ...ofSummary,
      path: '/_matrix/client/v1/room_summary/:roomIdOrAlias',
      response: { 200: summarySchema },
      handler: ({ requester, params }) => summaryFor(db, requester.userId, params.roomIdOrAlias),
    }),
    ...UNSTABLE_PATHS.map((path) =>
      defineRoute({
        ...ofSummary,
        path,
        response: { 200: unstableSummary },
        handler: async ({ requester, params }) =>
          withUnstableKeys(await summaryFor(db, requester.userId, params.roomIdOrAlias)),
      }),
    ),
    defineRoute({
      method: 'GET',
      path: '/_matrix/client/v1/rooms/:roomId/hierarchy',
      auth: 'user',
      limit: 'default',
      params: z.object({ roomId: roomIdSchema }),
      query: z.object({
        suggested_only: queryBoolean.optional(),
        limit: queryInteger({ min: 1, max: Number.MAX_SAFE_INTEGER }).optional(),
        max_depth: queryInteger({ min: 0, max: Number.MAX_SAFE_INTEGER }).optional(),
        from: z.string().optional(),
      }),
      summary: 'One page of the rooms of a space and of the spaces in it',
      response: { 200: uncheckedJson(hierarchySchema) },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ requester, params, query }) {
        const request = {
          userId: requester.userId,
          roomId: params.roomId,
          limit: Math.min(query.limit ?? MAX_ROOMS, MAX_ROOMS),
          maxDepth: query.max_depth,
          suggestedOnly: query.suggested_only,
          from: query.from,
          pageBytes,
        }
        const { rooms, nextBatch } = await db.snapshot((q) => readHierarchy(q, request))
        const page = { rooms, ...(nextBatch !== undefined && { next_batch: nextBatch }) }
        return page as unknown as JsonObject
      },
    }),
  ]
}

async function summaryFor(db: Database, userId: UserId, idOrAlias: string) {
  const id = await roomIdOf(db, idOrAlias)
  const room = (await db.snapshot((q) => roomsSeenBy(q, userId, [id]))).get(id)
  if (!room) throw notFound('There is no room with this id or alias that you may see')
  return { ...roomPreview(room), membership: room.membership ?? ('leave' as const) }
}

function withUnstableKeys<Summary extends { room_version: string; encryption?: string }>(summary: Summary) {
  const { room_version: version, encryption } = summary
  return {
    ...summary,
    'im.nheko.summary.room_version': version,
    ...(encryption !== undefined && { 'im.nheko.summary.encryption': encryption }),
  }
}
