import { z } from 'zod'
import { checkAvailable, checkOpen, register, type RegistrationDeps } from '../accounts/register.ts'
import { isTokenValid } from '../accounts/registration-tokens.ts'
import type { Session } from '../accounts/sessions.ts'
import { client, defineRoute, reply, type Route } from '../http/route.ts'
import { forbidden } from '../lib/errors.ts'
import { type DeviceId, serverOf, type UserId } from '../lib/ids.ts'
import type { Json } from '../lib/json.ts'
import { accountKeys, challenge, sessionKeys } from './account-response.ts'
import { once } from '../lib/once.ts'

const registerBody = z.object({
  auth: z.custom<Json>().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  device_id: z.string().optional(),
  initial_device_display_name: z.string().optional(),
  inhibit_login: z.boolean().default(false),
})

const registered = once(() =>
  z.strictObject({
    ...accountKeys(),
    ...z.object(sessionKeys()).partial().shape,
  }),
)
const available = once(() => z.strictObject({ available: z.literal(true) }))
const validity = once(() => z.strictObject({ valid: z.boolean() }))
const NAME_REFUSED = ['M_USER_IN_USE', 'M_INVALID_USERNAME', 'M_EXCLUSIVE'] as const

/**
 * `POST /register`, `GET /register/available` and the validity of registration tokens (client-server API,
 * "Account registration").
 */
export function registerRoutes(deps: RegistrationDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: client('/register'),
      auth: 'none',
      limit: 'register',
      query: z.object({ kind: z.enum(['user', 'guest']).default('user') }),
      body: registerBody,
      summary: 'Registers an account',
      response: { 200: registered, 401: challenge },
      errors: { 400: [...NAME_REFUSED, 'M_WEAK_PASSWORD'], 403: ['M_FORBIDDEN'] },
      async handler({ query, body, address }) {
        if (query.kind === 'guest')
          throw forbidden('This server has no guest accounts; register a user instead')
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
        return { ...accountView(outcome.userId), ...(outcome.session && sessionView(outcome.session)) }
      },
    }),
    defineRoute({
      method: 'GET',
      path: client('/register/available'),
      auth: 'none',
      // Limited like registrations: without a limit this endpoint would reveal quickly which names exist.
      limit: 'register',
      query: z.object({ username: z.string() }),
      summary: 'Checks that a user name is available',
      response: { 200: available },
      errors: { 400: NAME_REFUSED, 403: ['M_FORBIDDEN'] },
      async handler({ query }) {
        await checkAvailable(deps, query.username)
        return { available: true as const }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/_matrix/client/v1/register/m.login.registration_token/validity',
      auth: 'none',
      // Limited like registrations: otherwise tokens could be guessed.
      limit: 'register',
      query: z.object({ token: z.string() }),
      summary: 'Whether a registration token is valid',
      response: { 200: validity },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ query }) {
        checkOpen(deps)
        return { valid: await isTokenValid(deps, query.token) }
      },
    }),
  ]
}

/** `home_server` is for old clients (deprecated in the specification). */
export function accountView(userId: UserId) {
  return { user_id: userId, home_server: serverOf(userId) }
}

/** The keys of a new session in the responses of login and registration. */
export function sessionView(session: Session) {
  return { access_token: session.accessToken, device_id: session.deviceId }
}
