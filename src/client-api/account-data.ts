import { z } from 'zod'
import { getAccountData, setAccountData } from '../accounts/account-data.ts'
import type { AccountDeps } from '../accounts/deps.ts'
import type { RuleSettings } from '../user-rules/read-rules.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { jsonObject, roomIdSchema, userIdSchema } from '../http/schema.ts'
import { checkOwn } from './own-user.ts'
import { nothing } from '../http/response-parts.ts'

const globalParams = z.object({ userId: userIdSchema, type: z.string() })
const roomParams = globalParams.extend({ roomId: roomIdSchema })

type Deps = Pick<AccountDeps, 'db' | 'bus' | 'quotas' | 'onUsersIgnored' | 'onRulesChanged'> & RuleSettings

/** Global and per-room account data (client-server API, "Client config"). */
export function accountDataRoutes(deps: Deps): Route[] {
  return [...accountRoutes(deps), ...roomRoutes(deps)]
}

function accountRoutes(deps: Deps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/user/:userId/account_data/:type'),
      auth: 'user',
      limit: 'default',
      params: globalParams,
      summary: 'Account data',
      response: { 200: () => jsonObject },
      errors: { 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] },
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
      summary: 'Sets account data',
      response: { 200: nothing },
      errors: { 403: ['M_FORBIDDEN'], 405: ['M_BAD_JSON'] },
      async handler({ requester, params, body }) {
        checkOwn(requester, params.userId)
        await setAccountData(deps, { ...params, roomId: '' }, body)
        return {}
      },
    }),
  ]
}

function roomRoutes(deps: Deps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/user/:userId/rooms/:roomId/account_data/:type'),
      auth: 'user',
      limit: 'default',
      params: roomParams,
      summary: 'Account data of a room',
      response: { 200: () => jsonObject },
      errors: { 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] },
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
      summary: 'Sets account data of a room',
      response: { 200: nothing },
      errors: { 403: ['M_FORBIDDEN'], 405: ['M_BAD_JSON'] },
      async handler({ requester, params, body }) {
        checkOwn(requester, params.userId)
        await setAccountData(deps, params, body)
        return {}
      },
    }),
  ]
}
