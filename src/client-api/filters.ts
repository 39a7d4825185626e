import { z } from 'zod'
import type { AccountDeps } from '../accounts/deps.ts'
import { getFilter, storeFilter } from '../accounts/filters.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { jsonObject, userIdSchema } from '../http/schema.ts'
import { parseFilter } from '../rooms/sync/filter.ts'
import { checkOwn } from './own-user.ts'
import { named, uncheckedJson } from '../http/response.ts'
import { once } from '../lib/once.ts'

const storedFilter = once(() => z.strictObject({ filter_id: z.string() }))

/** The stored form is the given form: null counts as absent, and unknown keys are kept. */
const filterSchema = uncheckedJson(
  named('Filter', () => {
    const texts = z.array(z.string()).nullish()
    const eventFilter = z.looseObject({
      limit: z.int().min(0).nullish(),
      types: texts,
      not_types: texts,
      senders: texts,
      not_senders: texts,
    })
    const flag = z.boolean().nullish()
    const roomEventFilter = eventFilter.extend({
      rooms: texts,
      not_rooms: texts,
      contains_url: flag,
      lazy_load_members: flag,
      include_redundant_members: flag,
      unread_thread_notifications: flag,
    })
    const room = z.looseObject({
      rooms: texts,
      not_rooms: texts,
      include_leave: flag,
      timeline: roomEventFilter.nullish(),
      state: roomEventFilter.nullish(),
      ephemeral: roomEventFilter.nullish(),
      account_data: roomEventFilter.nullish(),
    })
    return z.looseObject({
      event_fields: texts,
      event_format: z.enum(['client', 'federation']).nullish(),
      presence: eventFilter.nullish(),
      account_data: eventFilter.nullish(),
      room: room.nullish(),
    })
  }),
)

/**
 * Stored filters (client-server API, "Filtering"). A filter that `/sync` cannot parse is refused; others are
 * stored unchanged.
 */
export function filtersRoutes(deps: Pick<AccountDeps, 'db' | 'quotas'>): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: client('/user/:userId/filter'),
      auth: 'user',
      limit: 'default',
      params: z.object({ userId: userIdSchema }),
      body: jsonObject,
      summary: 'Stores a filter for /sync',
      response: { 200: storedFilter },
      errors: { 403: ['M_FORBIDDEN'] },
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
      summary: 'A stored filter',
      response: { 200: filterSchema },
      errors: { 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] },
      handler({ requester, params }) {
        checkOwn(requester, params.userId)
        return getFilter(deps.db, params.userId, params.filterId)
      },
    }),
  ]
}
