import { z } from 'zod'
import { userById } from '../accounts/users-store.ts'
import { nothing } from '../http/response-parts.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { userIdSchema } from '../http/schema.ts'
import { notFound } from '../lib/errors.ts'
import { once } from '../lib/once.ts'
import type { Database } from '../storage/database.ts'
import { checkOwn } from './own-user.ts'

const params = z.object({ userId: userIdSchema })
const presence = z.enum(['online', 'offline', 'unavailable'])

const statusSchema = once(() => z.strictObject({ presence }))

/**
 * `/presence/{userId}/status` (client-server API, "Presence") of a server that shows no presence: every user is offline, and a status that a client
 * sets is checked and not stored. Without these endpoints clients report an error at each change.
 */
export function presenceRoutes({ db }: { db: Database }): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/presence/:userId/status'),
      auth: 'user',
      limit: 'default',
      params,
      summary: 'The presence of a user: always offline, because this server shows no presence',
      response: { 200: statusSchema },
      errors: { 404: ['M_NOT_FOUND'] },
      async handler({ params: { userId } }) {
        if (!(await db.first(userById, { userId })))
          throw notFound('There is no user with this id on this server')
        return { presence: 'offline' as const }
      },
    }),
    defineRoute({
      method: 'PUT',
      path: client('/presence/:userId/status'),
      auth: 'user',
      limit: 'default',
      params,
      body: z.object({ presence, status_msg: z.string().nullish() }),
      summary: 'Accepts your presence; it is not stored',
      response: { 200: nothing },
      errors: { 403: ['M_FORBIDDEN'] },
      handler({ requester, params: { userId } }) {
        checkOwn(requester, userId)
        return {}
      },
    }),
  ]
}
