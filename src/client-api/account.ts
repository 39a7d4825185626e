import { z } from 'zod'
import { changePassword, deactivate } from '../accounts/account.ts'
import type { AccountDeps } from '../accounts/deps.ts'
import { client, defineRoute, reply, type Route } from '../http/route.ts'
import type { Json } from '../lib/json.ts'

const passwordBody = z.object({
  new_password: z.string(),
  logout_devices: z.boolean().default(true),
  auth: z.custom<Json>().optional(),
})

const deactivateBody = z.object({ erase: z.boolean().default(false), auth: z.custom<Json>().optional() })

/** `/account/whoami`, `/account/password` and `/account/deactivate` (client-server API, "Account management"). */
export function accountRoutes(deps: AccountDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/account/whoami'),
      auth: 'user',
      limit: 'default',
      handler: ({ requester: { userId, deviceId } }) => ({
        user_id: userId,
        device_id: deviceId,
        is_guest: false,
      }),
    }),
    defineRoute({
      method: 'POST',
      path: client('/account/password'),
      auth: 'user',
      limit: 'default',
      body: passwordBody,
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
      async handler({ requester, body }) {
        const outcome = await deactivate(deps, requester, { erase: body.erase, auth: body.auth })
        if (outcome.kind === 'challenge') return reply(401, outcome.body)
        // Nothing was ever bound to an identity server.
        return { id_server_unbind_result: 'success' }
      },
    }),
  ]
}
