import { z } from 'zod'
import { changePassword, deactivate } from '../accounts/account.ts'
import type { AccountDeps } from '../accounts/deps.ts'
import { client, defineRoute, reply, type Route } from '../http/route.ts'
import type { Json } from '../lib/json.ts'
import { challenge, unbindResult } from './account-response.ts'
import { once } from '../lib/once.ts'
import { nothing, userId } from '../http/response-parts.ts'

const passwordBody = z.object({
  new_password: z.string(),
  logout_devices: z.boolean().default(true),
  auth: z.custom<Json>().optional(),
})

const deactivateBody = z.object({ erase: z.boolean().default(false), auth: z.custom<Json>().optional() })

const whoami = once(() => z.strictObject({ user_id: userId(), device_id: z.string(), is_guest: z.boolean() }))

/** `/account/whoami`, `/account/password` and `/account/deactivate` (client-server API, "Account management"). */
export function accountRoutes(deps: AccountDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/account/whoami'),
      auth: 'user',
      limit: 'default',
      summary: 'The owner of the access token',
      response: { 200: whoami },
      handler: ({ requester }) => ({
        user_id: requester.userId,
        device_id: requester.deviceId,
        is_guest: false,
      }),
    }),
    defineRoute({
      method: 'POST',
      path: client('/account/password'),
      auth: 'user',
      limit: 'default',
      body: passwordBody,
      summary: 'Changes the password',
      response: { 200: nothing, 401: challenge },
      errors: { 400: ['M_WEAK_PASSWORD'], 403: ['M_FORBIDDEN'] },
      async handler({ requester, body }) {
        const outcome = await changePassword(deps, requester, {
          newPassword: body.new_password,
          logoutDevices: body.logout_devices,
          auth: body.auth,
        })
        return outcome.kind === 'challenge' ? reply(401, outcome.body) : {}
      },
    }),
    defineRoute({
      method: 'POST',
      path: client('/account/deactivate'),
      auth: 'user',
      limit: 'default',
      body: deactivateBody,
      summary: 'Deactivates the account permanently',
      response: { 200: unbindResult, 401: challenge },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ requester, body }) {
        const outcome = await deactivate(deps, requester, { erase: body.erase, auth: body.auth })
        if (outcome.kind === 'challenge') return reply(401, outcome.body)
        // No address is ever bound to an identity server.
        return { id_server_unbind_result: 'success' as const }
      },
    }),
  ]
}
