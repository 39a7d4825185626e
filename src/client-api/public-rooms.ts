import { z } from 'zod'
import { nothing } from '../http/response-parts.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { queryInteger, roomIdSchema } from '../http/schema.ts'
import { forbidden, invalidParam } from '../lib/errors.ts'
import { once } from '../lib/once.ts'
import type { RoomDeps } from '../rooms/deps.ts'
import { isPublished, listPublicRooms, type PublicRoomsRequest, setPublished } from '../rooms/public-rooms.ts'
import { publishedRoomSchema } from './room-summary-response.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 100

const room = z.object({ roomId: roomIdSchema })
const visibility = z.enum(['public', 'private'])
const server = z.string().optional()

const searchBody = z.object({
  limit: z.int().min(0).optional(),
  since: z.string().optional(),
  filter: z
    .object({
      generic_search_term: z.string().nullish(),
      room_types: z.array(z.string().nullable()).nullish(),
    })
    .optional(),
  include_all_networks: z.boolean().optional(),
  third_party_instance_id: z.string().nullish(),
})

const pageSchema = once(() =>
  z.strictObject({
    chunk: z.array(publishedRoomSchema()),
    next_batch: z.string().optional(),
    prev_batch: z.string().optional(),
    total_room_count_estimate: z.int().min(0),
  }),
)
const visibilitySchema = once(() => z.strictObject({ visibility }))

/** The public room list (client-server API, "Published Room Directory"). */
export function publicRoomRoutes(deps: RoomDeps): Route[] {
  return [...listRoutes(deps), ...visibilityRoutes(deps)]
}

function listRoutes(deps: RoomDeps): Route[] {
  const list = (
    wanted: string | undefined,
    request: Omit<PublicRoomsRequest, 'limit'> & { limit: number | undefined },
  ) => {
    if (wanted !== undefined && wanted !== deps.serverName)
      throw forbidden('This server does not federate and has only its own list of rooms')
    // As on other servers, 0 stands for the default.
    const limit = Math.min(request.limit || DEFAULT_LIMIT, MAX_LIMIT)
    return deps.db.snapshot((q) => listPublicRooms(q, { ...request, limit }))
  }
  return [
    defineRoute({
      method: 'GET',
      path: client('/publicRooms'),
      auth: 'user',
      limit: 'default',
      query: z.object({
        limit: queryInteger({ min: 0, max: Number.MAX_SAFE_INTEGER }).optional(),
        since: z.string().optional(),
        server,
      }),
      summary: 'One page of the public room list',
      response: { 200: pageSchema },
      errors: { 403: ['M_FORBIDDEN'] },
      handler: ({ query: { server: wanted, limit, since } }) =>
        list(wanted, { limit, since: since || undefined }),
    }),
    defineRoute({
      method: 'POST',
      path: client('/publicRooms'),
      auth: 'user',
      limit: 'default',
      query: z.object({ server }),
      body: searchBody,
      summary: 'One page of the rooms of the public room list that match a filter',
      response: { 200: pageSchema },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ query, body }) {
        if (typeof body.third_party_instance_id === 'string') {
          if (body.include_all_networks === true)
            throw invalidParam('Leave out include_all_networks or third_party_instance_id')
          // There are no bridges.
          return { chunk: [], total_room_count_estimate: 0 }
        }
        return list(query.server, {
          limit: body.limit,
          since: body.since || undefined,
          term: body.filter?.generic_search_term ?? undefined,
          roomTypes: body.filter?.room_types ?? undefined,
        })
      },
    }),
  ]
}

function visibilityRoutes(deps: RoomDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/directory/list/room/:roomId'),
      auth: 'none',
      limit: 'default',
      params: room,
      summary: 'Whether a room is in the public room list',
      response: { 200: visibilitySchema },
      errors: { 404: ['M_NOT_FOUND'] },
      handler: async ({ params }) => ({
        visibility: (await isPublished(deps.db, params.roomId)) ? ('public' as const) : ('private' as const),
      }),
    }),
    defineRoute({
      method: 'PUT',
      path: client('/directory/list/room/:roomId'),
      auth: 'user',
      openTo: 'active',
      limit: 'default',
      params: room,
      body: z.object({ visibility: visibility.default('public') }),
      summary: 'Puts a room into the public room list, or removes it',
      response: { 200: nothing },
      errors: { 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] },
      async handler({ requester, params: { roomId }, body }) {
        await setPublished(deps, requester, { roomId, isPublic: body.visibility === 'public' })
        return {}
      },
    }),
  ]
}
