import { z } from 'zod'
import type { AccountDeps } from '../accounts/deps.ts'
import { lockAccount, suspendAccount } from '../accounts/restrict.ts'
import { defineRoute, type Requester, type Route } from '../http/route.ts'
import { userIdSchema } from '../http/schema.ts'
import { forbidden } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import { once } from '../lib/once.ts'
import { activeTarget } from './target.ts'

const params = z.object({ userId: userIdSchema })
const locked = once(() => z.strictObject({ locked: z.boolean() }))
const suspended = once(() => z.strictObject({ suspended: z.boolean() }))
const ERRORS = { 400: ['M_INVALID_PARAM'], 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] } as const

/** `GET` and `PUT /admin/lock` and `/admin/suspend` (client-server API, "Server Administration"). */
export function moderationRoutes(deps: AccountDeps): Route[] {
  return [...lockRoutes(deps), ...suspendRoutes(deps)]
}

function lockRoutes(deps: AccountDeps): Route[] {
  const path = '/_matrix/client/v1/admin/lock/:userId' as const
  return [
    defineRoute({
      method: 'GET',
      path,
      auth: 'administrator',
      limit: 'default',
      params,
      summary: 'Whether an account is locked',
      response: { 200: locked },
      errors: ERRORS,
      handler: async ({ requester, params: { userId } }) => ({
        locked: (await moderated(deps, requester, userId)).locked_at !== null,
      }),
    }),
    defineRoute({
      method: 'PUT',
      path,
      auth: 'administrator',
      limit: 'default',
      params,
      body: z.object({ locked: z.boolean() }),
      summary: 'Locks an account, or unlocks it',
      response: { 200: locked },
      errors: ERRORS,
      async handler({ requester, params: { userId }, body, log }) {
        await moderated(deps, notOwn(requester, userId), userId)
        await lockAccount(deps, userId, body.locked)
        log.info(
          { user_id: userId, by: requester.userId, ...body },
          'an administrator locks or unlocks an account',
        )
        return { locked: body.locked }
      },
    }),
  ]
}

function suspendRoutes(deps: AccountDeps): Route[] {
  const path = '/_matrix/client/v1/admin/suspend/:userId' as const
  return [
    defineRoute({
      method: 'GET',
      path,
      auth: 'administrator',
      limit: 'default',
      params,
      summary: 'Whether an account is suspended',
      response: { 200: suspended },
      errors: ERRORS,
      handler: async ({ requester, params: { userId } }) => ({
        suspended: (await moderated(deps, requester, userId)).suspended_at !== null,
      }),
    }),
    defineRoute({
      method: 'PUT',
      path,
      auth: 'administrator',
      limit: 'default',
      params,
      body: z.object({ suspended: z.boolean() }),
      summary: 'Suspends an account, or ends its suspension',
      response: { 200: suspended },
      errors: ERRORS,
      async handler({ requester, params: { userId }, body, log }) {
        await suspendAsAdministrator(deps, { requester, userId, isSuspended: body.suspended })
        log.info({ user_id: userId, by: requester.userId, ...body }, 'an administrator changes a suspension')
        return { suspended: body.suspended }
      },
    }),
  ]
}

/** @throws MatrixError 400, 403, 404 */
export async function suspendAsAdministrator(
  deps: AccountDeps,
  { requester, userId, isSuspended }: { requester: Requester; userId: UserId; isSuspended: boolean },
): Promise<void> {
  await moderated(deps, notOwn(requester, userId), userId)
  await suspendAccount(deps, userId, isSuspended)
}

function notOwn(requester: Requester, userId: UserId): Requester {
  if (requester.userId === userId) throw forbidden('You cannot lock or suspend your own account')
  return requester
}

/** @throws MatrixError 403 when the account belongs to another administrator; 400 and 404 as `activeTarget` */
async function moderated(deps: AccountDeps, requester: Requester, userId: UserId) {
  const user = await activeTarget(deps, userId)
  if (user.is_admin === 1 && userId !== requester.userId)
    throw forbidden(`${userId} is an administrator; belfry user demote makes it an ordinary account`)
  return user
}
