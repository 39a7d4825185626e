import { z } from 'zod'
import type { AccountDeps } from '../accounts/deps.ts'
import { login } from '../accounts/login.ts'
import { logout, logoutEverywhere } from '../accounts/sessions.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { forbidden, MatrixError, missingParam } from '../lib/errors.ts'
import type { DeviceId } from '../lib/ids.ts'
import { accountView, sessionView } from './register.ts'
import { type Discovery, serverDiscovery } from './well-known.ts'
import { accountKeys, discoverySchema, sessionKeys } from './account-response.ts'
import { once } from '../lib/once.ts'
import { nothing } from '../http/response-parts.ts'

const PASSWORD = 'm.login.password' as const

const loginBody = z.object({
  type: z.string(),
  identifier: z.object({ type: z.string(), user: z.string().optional() }).optional(),
  /** Sent by old clients instead of `identifier`; so are the next two. */
  user: z.string().optional(),
  medium: z.string().optional(),
  address: z.string().optional(),
  password: z.string().optional(),
  device_id: z.string().optional(),
  initial_device_display_name: z.string().optional(),
})
type LoginBody = z.output<typeof loginBody>

const flows = once(() => z.strictObject({ flows: z.array(z.strictObject({ type: z.literal(PASSWORD) })) }))
const loggedIn = once(() =>
  z.strictObject({ ...accountKeys(), ...sessionKeys(), well_known: discoverySchema().optional() }),
)

/** `/login`, `/logout` and `/logout/all` (client-server API, "Login"). */
export function loginRoutes(deps: AccountDeps & Discovery): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/login'),
      auth: 'none',
      limit: 'default',
      summary: 'The supported login types',
      response: { 200: flows },
      handler: () => ({ flows: [{ type: PASSWORD }] as const }),
    }),
    defineRoute({
      method: 'POST',
      path: client('/login'),
      auth: 'none',
      limit: 'login',
      body: loginBody,
      summary: 'Logs in',
      response: { 200: loggedIn },
      errors: { 400: ['M_UNKNOWN'], 401: ['M_USER_LOCKED'], 403: ['M_FORBIDDEN'] },
      async handler({ body, address }) {
        const session = await login(deps, {
          ...credentials(body),
          deviceId: body.device_id as DeviceId | undefined,
          displayName: body.initial_device_display_name,
          address,
        })
        const wellKnown =
          deps.publicUrl === undefined ? {} : { well_known: serverDiscovery(deps.publicUrl, deps) }
        return { ...accountView(session.userId), ...sessionView(session), ...wellKnown }
      },
    }),
    defineRoute({
      method: 'POST',
      path: client('/logout'),
      auth: 'user',
      openTo: 'locked',
      limit: 'default',
      summary: 'Logs out: deletes the device, its access token and its pushers',
      response: { 200: nothing },
      async handler({ requester }) {
        await logout(deps, requester.userId, requester.deviceId)
        return {}
      },
    }),
    defineRoute({
      method: 'POST',
      path: client('/logout/all'),
      auth: 'user',
      openTo: 'locked',
      limit: 'default',
      summary: 'Logs out all devices of the user',
      response: { 200: nothing },
      async handler({ requester }) {
        await logoutEverywhere(deps, requester.userId)
        return {}
      },
    }),
  ]
}

/**
 * @throws MatrixError 400: another login type, or a missing field. 403: an identifier that is an address or a
 *   phone number
 */
function credentials({ type, identifier, user, medium, password }: LoginBody) {
  if (type !== PASSWORD)
    throw new MatrixError(400, 'M_UNKNOWN', `type must be ${PASSWORD}, the only login type of this server`)
  const kind = identifier?.type ?? (medium === undefined ? 'm.id.user' : 'm.id.thirdparty')
  if (kind === 'm.id.thirdparty' || kind === 'm.id.phone') {
    throw forbidden('This server does not support login by e-mail address or phone number; use the user name')
  }
  if (kind !== 'm.id.user') throw new MatrixError(400, 'M_UNKNOWN', 'identifier.type must be m.id.user')
  const name = identifier ? identifier.user : user
  if (name === undefined || password === undefined) {
    throw missingParam([
      ...(name === undefined ? ['identifier.user'] : []),
      ...(password === undefined ? ['password'] : []),
    ])
  }
  return { user: name, password }
}
