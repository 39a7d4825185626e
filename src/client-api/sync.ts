import { z } from 'zod'
import { getFilter } from '../accounts/filters.ts'
import { queryBoolean, queryInteger } from '../http/schema.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import type { UserId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'
import { NO_FILTER, parseFilter, readFilter, type SyncFilter } from '../rooms/sync/filter.ts'
import type { StateForm } from '../rooms/sync/room-news.ts'
import { sync, type SyncDeps } from '../rooms/sync/sync.ts'
import { parseToken } from '../rooms/sync/token.ts'
import { presenceStates } from './presence-response.ts'
import { syncResponse } from './sync-response.ts'

export const timeoutSchema = queryInteger({ min: 0, max: Number.MAX_SAFE_INTEGER })

const query = z.object({
  filter: z.string().optional(),
  since: z.string().optional(),
  full_state: queryBoolean.optional(),
  use_state_after: queryBoolean
    .describe('The state is that at the end of the timeline, as state_after')
    .optional(),
  'org.matrix.msc4222.use_state_after': queryBoolean
    .describe('The same before Matrix 1.16, as org.matrix.msc4222.state_after')
    .optional(),
  timeout: timeoutSchema.optional(),
  set_presence: presenceStates.optional(),
})

/** `GET /sync` (client-server API, "Syncing"). */
export function syncRoutes(deps: SyncDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/sync'),
      auth: 'user',
      limit: 'sync',
      query,
      summary: 'Changes since the last sync; waits until there are some or the timeout ends',
      response: { 200: syncResponse },
      errors: { 400: ['M_NOT_JSON', 'M_BAD_JSON'], 404: ['M_NOT_FOUND'] },
      async handler({ query: requested, requester, ending: signal }) {
        return sync(deps, {
          viewer: requester,
          filter: await filterOf(deps.db, requester.userId, requested.filter),
          // matrix-nio and others send an empty token for "none".
          since: requested.since ? parseToken(requested.since, 'since') : undefined,
          fullState: requested.full_state ?? false,
          stateForm: stateFormOf(requested),
          timeoutMs: requested.timeout ?? 0,
          presence: requested.set_presence ?? 'online',
          signal,
        })
      },
    }),
  ]
}

function stateFormOf(requested: z.infer<typeof query>): StateForm {
  if (requested.use_state_after) return 'state_after'
  return requested['org.matrix.msc4222.use_state_after'] ? 'org.matrix.msc4222.state_after' : 'state'
}

/** A filter that begins with a brace is JSON; any other filter is the id of a stored one. */
async function filterOf(q: Queries, userId: UserId, filter: string | undefined): Promise<SyncFilter> {
  if (!filter) return NO_FILTER
  return filter.startsWith('{') ? readFilter(filter) : parseFilter(await getFilter(q, userId, filter))
}
