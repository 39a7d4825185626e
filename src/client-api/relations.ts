import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { named, uncheckedJson } from '../http/response.ts'
import { eventIdSchema, queryBoolean, queryInteger, roomIdSchema } from '../http/schema.ts'
import { childEvents } from '../rooms/relations/children.ts'
import { threadRoots } from '../rooms/relations/threads.ts'
import { clientEventSchema } from './event-response.ts'
import { positionsOf, readerOf, type RoomReadDeps } from './room-reader.ts'

const DEFAULT_LIMIT = 20
/** A larger `limit` counts as this value. */
const MAX_LIMIT = 1000

const limit = (min: 0 | 1) => queryInteger({ min, max: Number.MAX_SAFE_INTEGER }).default(DEFAULT_LIMIT)

const parent = z.object({ roomId: roomIdSchema, eventId: eventIdSchema })
const parentAndType = parent.extend({ relType: z.string() })
const parentAndTypes = parentAndType.extend({ eventType: z.string() })

const query = z.object({
  from: z.string().optional(),
  to: z.string().optional(),
  limit: limit(0),
  dir: z.enum(['b', 'f']).default('b'),
  recurse: queryBoolean.optional(),
})

const childrenSchema = uncheckedJson(
  named('ChildEvents', () =>
    z.strictObject({
      chunk: z.array(clientEventSchema()).describe('In the order of `dir`'),
      next_batch: z.string().describe('The `from` of the next page; absent on the last page').optional(),
      prev_batch: z.string().describe('The `from` of this page; absent on the first page').optional(),
      recursion_depth: z
        .int()
        .min(1)
        .describe('How many relations were followed; only if the request has `recurse`')
        .optional(),
    }),
  ),
)

const threadsSchema = uncheckedJson(
  named('ThreadRoots', () =>
    z.strictObject({
      chunk: z.array(clientEventSchema()).describe('The thread with the latest reply first'),
      next_batch: z.string().describe('The `from` of the next page; absent on the last page').optional(),
    }),
  ),
)

/**
 * Events that relate to another event, and threads (client-server API, "Event relationships", "Querying
 * threads in a room").
 */
export function relationRoutes(deps: RoomReadDeps): Route[] {
  const shared = {
    method: 'GET',
    auth: 'user',
    limit: 'default',
    query,
    response: { 200: childrenSchema },
    errors: { 404: ['M_NOT_FOUND'] },
  } as const
  const read = (
    requester: Parameters<typeof readerOf>[1],
    of: z.output<typeof parent> & { relType?: string; eventType?: string },
    { from, to, limit: wanted, dir, recurse }: z.output<typeof query>,
  ) => {
    const request = {
      roomId: of.roomId,
      eventId: of.eventId,
      relType: of.relType,
      eventType: of.eventType,
      recurse,
      direction: dir,
      limit: Math.min(wanted, MAX_LIMIT),
    }
    const positions = positionsOf(deps, of.roomId, { from, to })
    return deps.db.snapshot((q) => childEvents(q, readerOf(deps, requester), { ...request, ...positions }))
  }
  return [
    defineRoute({
      ...shared,
      path: '/_matrix/client/v1/rooms/:roomId/relations/:eventId',
      params: parent,
      summary: 'The events that relate to an event',
      handler: ({ params, query: given, requester }) => read(requester, params, given),
    }),
    defineRoute({
      ...shared,
      path: '/_matrix/client/v1/rooms/:roomId/relations/:eventId/:relType',
      params: parentAndType,
      summary: 'The events with one type of relation to an event',
      handler: ({ params, query: given, requester }) => read(requester, params, given),
    }),
    defineRoute({
      ...shared,
      path: '/_matrix/client/v1/rooms/:roomId/relations/:eventId/:relType/:eventType',
      params: parentAndTypes,
      summary: 'The events of one type with one type of relation to an event',
      handler: ({ params, query: given, requester }) => read(requester, params, given),
    }),
    threadsRoute(deps),
  ]
}

function threadsRoute(deps: RoomReadDeps): Route {
  return defineRoute({
    method: 'GET',
    path: '/_matrix/client/v1/rooms/:roomId/threads',
    auth: 'user',
    limit: 'default',
    params: z.object({ roomId: roomIdSchema }),
    query: z.object({
      include: z.enum(['all', 'participated']).default('all'),
      limit: limit(1),
      from: z.string().optional(),
    }),
    summary: 'The threads of a room',
    response: { 200: threadsSchema },
    errors: { 403: ['M_FORBIDDEN'] },
    handler: ({ params: { roomId }, query: given, requester }) => {
      const request = {
        roomId,
        participated: given.include === 'participated',
        limit: Math.min(given.limit, MAX_LIMIT),
      }
      const positions = positionsOf(deps, roomId, { from: given.from })
      return deps.db.snapshot((q) => threadRoots(q, readerOf(deps, requester), { ...request, ...positions }))
    },
  })
}
