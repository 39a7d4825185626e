import { z } from 'zod'
import type { AccountDeps } from '../accounts/deps.ts'
import { getFilter, storeFilter } from '../accounts/filters.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { jsonObject, userIdSchema } from '../http/schema.ts'
import { parseFilter } from '../rooms/sync/filter.ts'
import { checkOwn } from './own-user.ts'

/** Stored filters (client-server API, "Filtering"): refused when `/sync` could not read them, kept as they were given. */
export function filtersRoutes(deps: Pick<AccountDeps, 'db' | 'quotas'>): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: client('/user/:userId/filter'),
      auth: 'user',
      limit: 'default',
      params: z.object({ userId: userIdSchema }),
      body: jsonObject,
      async handler({ requester, params, body }) {
        checkOwn(requester, params.userId)
        parseFilter(body)
        return { filter_id: await storeFilter(deps, params.userId, body) }
      },
    }),
    defineRoute({
      method: 'GET',
      path: client('/user/:userId/filter/:filterId'),
      auth: 'user',
      limit: 'default',
      params: z.object({ userId: userIdSchema, filterId: z.string() }),
      handler({ requester, params }) {
        checkOwn(requester, params.userId)
        return getFilter(deps.db, params.userId, params.filterId)
      },
    }),
  ]
}
