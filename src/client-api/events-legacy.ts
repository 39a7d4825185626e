import { z } from 'zod'
import { client, defineRoute, type Route } from '../http/route.ts'
import { eventStream } from '../rooms/sync/event-stream.ts'
import type { SyncDeps } from '../rooms/sync/sync.ts'
import { parseToken } from '../rooms/sync/token.ts'
import { timeoutSchema } from './sync.ts'

/** `GET /events`, what clients had before /sync. */
export function legacyEventRoutes(deps: SyncDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/events'),
      auth: 'user',
      limit: 'sync',
      query: z.object({ from: z.string().optional(), timeout: timeoutSchema.optional() }),
      handler: ({ query, requester, signal }) =>
        eventStream(deps, {
          viewer: requester,
          from: query.from ? parseToken(query.from, 'from').position : undefined,
          timeoutMs: query.timeout ?? 0,
          signal,
        }),
    }),
  ]
}
