import { z } from 'zod'
import { checkAvailable, register, type RegistrationDeps } from '../accounts/register.ts'
import type { Session } from '../accounts/sessions.ts'
import { client, defineRoute, reply, type Route } from '../http/route.ts'
import { forbidden } from '../lib/errors.ts'
import { type DeviceId, serverOf, type UserId } from '../lib/ids.ts'
import type { Json } from '../lib/json.ts'

const registerBody = z.object({
  auth: z.custom<Json>().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  device_id: z.string().optional(),
  initial_device_display_name: z.string().optional(),
  inhibit_login: z.boolean().default(false),
})

/** `POST /register` and `GET /register/available` (client-server API, "Account registration"). */
export function registerRoutes(deps: RegistrationDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: client('/register'),
      auth: 'none',
      limit: 'register',
      query: z.object({ kind: z.enum(['user', 'guest']).default('user') }),
      body: registerBody,
      async handler({ query, body, address }) {
        if (query.kind === 'guest') throw forbidden('There are no guest accounts on this server')
        const outcome = await register(deps, {
          username: body.username,
          password: body.password,
          auth: body.auth,
          inhibitLogin: body.inhibit_login,
          deviceId: body.device_id as DeviceId | undefined,
          displayName: body.initial_device_display_name,
          address,
        })
        if (outcome.kind === 'challenge') return reply(401, outcome.body)
        return { ...accountView(outcome.userId), ...sessionView(outcome.session) }
      },
    }),
    defineRoute({
      method: 'GET',
      path: client('/register/available'),
      auth: 'none',
      // As registrations: otherwise it would be the fast way to try which names exist.
      limit: 'register',
      query: z.object({ username: z.string() }),
      async handler({ query }) {
        await checkAvailable(deps, query.username)
        return { available: true }
      },
    }),
  ]
}

/** `home_server` is for old clients (deprecated in the specification). */
export function accountView(userId: UserId) {
  return { user_id: userId, home_server: serverOf(userId) }
}

/** What a client needs of its new session. */
export function sessionView(session: Session | undefined) {
  return session ? { access_token: session.accessToken, device_id: session.deviceId } : {}
}
