import { z } from 'zod'
import { userById } from '../accounts/users-store.ts'
import { nothing } from '../http/response-parts.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { userIdSchema } from '../http/schema.ts'
import { notFound } from '../lib/errors.ts'
import { once } from '../lib/once.ts'
import { type PresenceDeps, setPresence } from '../rooms/presence/change-presence.ts'
import { readPresence } from '../rooms/presence/read-presence.ts'
import type { Database } from '../storage/database.ts'
import { checkOwn } from './own-user.ts'
import { presenceKeys, presenceStates } from './presence-response.ts'

const params = z.object({ userId: userIdSchema })

/** In characters, like a topic that clients show in one line. */
const MAX_STATUS_LENGTH = 1000

const body = z.object({
  presence: presenceStates,
  status_msg: z.string().max(MAX_STATUS_LENGTH).nullish(),
})

const statusSchema = once(() => z.strictObject(presenceKeys()))

type RouteDeps = PresenceDeps & {
  db: Database
  /**
   * Off: every user is offline, and a presence that a client sets is checked and not stored. Without
   * endpoints, clients report an error at each change.
   */
  isEnabled: boolean
}

/** `/presence/{userId}/status` (client-server API, "Presence"). */
export function presenceRoutes(deps: RouteDeps): Route[] {
  const { db, clock, isEnabled } = deps
  return [
    defineRoute({
      method: 'GET',
      path: client('/presence/:userId/status'),
      auth: 'user',
      limit: 'default',
      params,
      summary: 'The presence of a user who shares a room with you',
      response: { 200: statusSchema },
      errors: { 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] },
      async handler({ requester, params: { userId } }) {
        if (isEnabled) return readPresence(db, { viewer: requester.userId, userId, now: clock.now() })
        if (!(await db.first(userById, { userId })))
          throw notFound('There is no user with this id on this server')
        return { presence: 'offline' as const }
      },
    }),
    defineRoute({
      method: 'PUT',
      path: client('/presence/:userId/status'),
      auth: 'user',
      openTo: 'active',
      limit: 'presence',
      params,
      body,
      summary: 'Sets your presence on this device, and your status message',
      response: { 200: nothing },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ requester, params: { userId }, body: { presence: state, status_msg: message } }) {
        checkOwn(requester, userId)
        // An empty message is none.
        if (isEnabled) await setPresence(deps, requester, { state, statusMessage: message || null })
        return {}
      },
    }),
  ]
}
