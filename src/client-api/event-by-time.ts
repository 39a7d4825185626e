import { z } from 'zod'
import { named } from '../http/response.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { queryInteger, roomIdSchema } from '../http/schema.ts'
import { eventByTime } from '../rooms/event-by-time.ts'
import type { RoomReadDeps } from './room-reader.ts'

/** The largest time of a date (ECMA-262, "Time Values"). */
const MAX_TIME_MS = 8_640_000_000_000_000

const foundSchema = named('EventByTime', () =>
  z.strictObject({ event_id: z.string(), origin_server_ts: z.int() }),
)

/** `GET /rooms/{roomId}/timestamp_to_event` (client-server API, "Room event by timestamp"): clients jump to a date. */
export function eventByTimeRoutes(deps: Pick<RoomReadDeps, 'db'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/_matrix/client/v1/rooms/:roomId/timestamp_to_event',
      auth: 'user',
      limit: 'default',
      params: z.object({ roomId: roomIdSchema }),
      query: z.object({ ts: queryInteger({ min: 0, max: MAX_TIME_MS }), dir: z.enum(['b', 'f']) }),
      summary: 'The event of a room that is closest to a time',
      response: { 200: foundSchema },
      errors: { 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] },
      handler: ({ params: { roomId }, query: { ts, dir }, requester }) =>
        deps.db.snapshot((q) => eventByTime(q, requester.userId, { roomId, ts, direction: dir })),
    }),
  ]
}
