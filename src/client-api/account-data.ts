import { z } from 'zod'
import { getAccountData, setAccountData } from '../accounts/account-data.ts'
import type { AccountDeps } from '../accounts/deps.ts'
import type { RuleSettings } from '../user-rules/read-rules.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { jsonObject, roomIdSchema, userIdSchema } from '../http/schema.ts'
import { checkOwn } from './own-user.ts'

const globalParams = z.object({ userId: userIdSchema, type: z.string() })
const roomParams = globalParams.extend({ roomId: roomIdSchema })

/** Account data of the account and of its rooms (client-server API, "Client config"). */
export function accountDataRoutes(
  deps: Pick<AccountDeps, 'db' | 'bus' | 'quotas' | 'onUsersIgnored'> & RuleSettings,
): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/user/:userId/account_data/:type'),
      auth: 'user',
      limit: 'default',
      params: globalParams,
      handler({ requester, params }) {
        checkOwn(requester, params.userId)
        return getAccountData(deps.db, { ...params, roomId: '' }, deps)
      },
    }),
    defineRoute({
      method: 'PUT',
      path: client('/user/:userId/account_data/:type'),
      auth: 'user',
      limit: 'default',
      params: globalParams,
      body: jsonObject,
      async handler({ requester, params, body }) {
        checkOwn(requester, params.userId)
        await setAccountData(deps, { ...params, roomId: '' }, body)
        return {}
      },
    }),
    defineRoute({
      method: 'GET',
      path: client('/user/:userId/rooms/:roomId/account_data/:type'),
      auth: 'user',
      limit: 'default',
      params: roomParams,
      handler({ requester, params }) {
        checkOwn(requester, params.userId)
        return getAccountData(deps.db, params, deps)
      },
    }),
    defineRoute({
      method: 'PUT',
      path: client('/user/:userId/rooms/:roomId/account_data/:type'),
      auth: 'user',
      limit: 'default',
      params: roomParams,
      body: jsonObject,
      async handler({ requester, params, body }) {
        checkOwn(requester, params.userId)
        await setAccountData(deps, params, body)
        return {}
      },
    }),
  ]
}
