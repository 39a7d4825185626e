import { z } from 'zod'
import { client, defineRoute, type Route } from '../http/route.ts'
import { eventStream, type EventStreamDeps } from '../rooms/sync/event-stream.ts'
import { parseToken } from '../rooms/sync/token.ts'
import { timeoutSchema } from './sync.ts'
import { uncheckedJson } from '../http/response.ts'
import { clientEventSchema } from './event-response.ts'

const events = uncheckedJson(() =>
  z.strictObject({ start: z.string(), end: z.string(), chunk: z.array(clientEventSchema()) }),
)

/** `GET /events`, the predecessor of `/sync`. */
export function legacyEventRoutes(deps: EventStreamDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/events'),
      auth: 'user',
      limit: 'sync',
      query: z.object({ from: z.string().optional(), timeout: timeoutSchema.optional() }),
      summary: 'New events of all your rooms; waits until there are some or the timeout ends',
      response: { 200: events },
      handler: ({ query, requester, ending: signal }) =>
        eventStream(deps, {
          viewer: requester,
          from: query.from ? parseToken(query.from, 'from').position : undefined,
          timeoutMs: query.timeout ?? 0,
          signal,
        }),
    }),
  ]
}
