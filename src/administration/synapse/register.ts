import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { AccountDeps } from '../../accounts/deps.ts'
import { administerAccounts } from '../../accounts/administer.ts'
import { setProfileField } from '../../accounts/profile.ts'
import { createUser } from '../../accounts/register.ts'
import { userId as userIdOf } from '../../http/response-parts.ts'
import { defineRoute, type Route } from '../../http/route.ts'
import { forbidden, MatrixError } from '../../lib/errors.ts'
import { once } from '../../lib/once.ts'

const path = '/_synapse/admin/v1/register' as const
const PURPOSE = 'synapse admin register'

const nonceSchema = once(() => z.strictObject({ nonce: z.string() }))
const registered = once(() =>
  z.strictObject({
    user_id: userIdOf(),
    home_server: z.string(),
    access_token: z.string().optional(),
    device_id: z.string().optional(),
  }),
)
const bodySchema = z.object({
  nonce: z.string(),
  username: z.string(),
  password: z.string(),
  displayname: z.string().optional(),
  admin: z.boolean().default(false),
  user_type: z.string().optional(),
  inhibit_login: z.boolean().default(false),
  mac: z.string(),
})
type Body = z.output<typeof bodySchema>

export type SharedSecretDeps = AccountDeps & {
  /** Undefined: the operator has configured none. */
  sharedSecret: string | undefined
}

/**
 * Registration with a secret that the server shares with scripts (Synapse's admin API, "Shared-Secret
 * Registration"). A nonce is a signed text, is valid for 15 minutes, and is used once.
 */
export function sharedSecretRoutes(deps: SharedSecretDeps): Route[] {
  const secret = () => {
    if (deps.sharedSecret === undefined)
      throw new MatrixError(
        400,
        'M_UNKNOWN',
        'Registration with a shared secret is off: set registration.shared_secret',
      )
    return deps.sharedSecret
  }
  return [
    defineRoute({
      method: 'GET',
      path,
      auth: 'none',
      limit: 'register',
      summary: 'A nonce for a registration with the shared secret',
      response: { 200: nonceSchema },
      errors: { 400: ['M_UNKNOWN'] },
      handler() {
        secret()
        return { nonce: deps.authSessions.open(PURPOSE) }
      },
    }),
    defineRoute({
      method: 'POST',
      path,
      auth: 'none',
      limit: 'register',
      body: bodySchema,
      summary: 'Registers an account with the shared secret',
      response: { 200: registered },
      errors: {
        400: ['M_UNKNOWN', 'M_USER_IN_USE', 'M_INVALID_USERNAME', 'M_EXCLUSIVE', 'M_WEAK_PASSWORD'],
        403: ['M_FORBIDDEN'],
      },
      async handler({ body, log }) {
        await checkMac(deps, secret(), body)
        const userId = await createUser(deps, {
          name: body.username,
          password: body.password,
          admin: body.admin,
        })
        log.info({ user_id: userId, is_admin: body.admin }, 'an account is registered with the shared secret')
        if (body.displayname !== undefined)
          await setProfileField(deps, userId, { field: 'displayname', value: body.displayname })
        const view = { user_id: userId, home_server: deps.serverName }
        if (body.inhibit_login) return view
        const device = { deviceId: undefined, displayName: undefined }
        const session = await administerAccounts(deps).login(userId, device)
        return { ...view, access_token: session.access_token, device_id: session.device_id }
      },
    }),
  ]
}

/**
 * The nonce is used up before the comparison, so that a wrong code cannot be tried again with it. @throws
 * MatrixError 400, 403
 */
async function checkMac({ authSessions }: AccountDeps, secret: string, body: Body): Promise<void> {
  const { nonce } = body
  if (!(await authSessions.isOpen(nonce, PURPOSE)) || !(await authSessions.use(nonce)))
    throw new MatrixError(400, 'M_UNKNOWN', 'The nonce is unknown, used or too old; request a new one')
  const parts = [nonce, body.username, body.password, body.admin ? 'admin' : 'notadmin']
  if (body.user_type !== undefined) parts.push(body.user_type)
  const expected = createHmac('sha1', secret).update(parts.join('\0')).digest()
  const given = Buffer.from(body.mac, 'hex')
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw forbidden(
      'The mac is wrong: expected an HMAC-SHA1 over nonce, username, password and admin or notadmin',
    )
}
