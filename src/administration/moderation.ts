import { z } from 'zod'
import type { AccountDeps } from '../accounts/deps.ts'
import { lockAccount, suspendAccount } from '../accounts/restrict.ts'
import type { Requester, Route } from '../http/route.ts'
import { forbidden } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import { once } from '../lib/once.ts'
import { defineAdminRoute } from './admin-route.ts'
import { activeTarget } from './target.ts'

type Restriction = {
  name: 'lock' | 'suspend'
  /** The key in requests and responses. */
  key: 'locked' | 'suspended'
  since: 'locked_at' | 'suspended_at'
  restrict: (deps: AccountDeps, userId: UserId, isRestricted: boolean) => Promise<void>
  summaries: { read: string; change: string }
}

const LOCK: Restriction = {
  name: 'lock',
  key: 'locked',
  since: 'locked_at',
  restrict: lockAccount,
  summaries: { read: 'Whether an account is locked', change: 'Locks an account, or unlocks it' },
}
const SUSPENSION: Restriction = {
  name: 'suspend',
  key: 'suspended',
  since: 'suspended_at',
  restrict: suspendAccount,
  summaries: {
    read: 'Whether an account is suspended',
    change: 'Suspends an account, or ends its suspension',
  },
}

/** `GET` and `PUT /admin/lock` and `/admin/suspend` (client-server API, "Server Administration"). */
export const moderationRoutes = (deps: AccountDeps): Route[] =>
  [LOCK, SUSPENSION].flatMap((restriction) => restrictionRoutes(deps, restriction))

function restrictionRoutes(deps: AccountDeps, restriction: Restriction): Route[] {
  const { name, key, since, summaries } = restriction
  const path = `/_matrix/client/v1/admin/${name}/:userId` as const
  const response = { 200: once(() => z.strictObject({ [key]: z.boolean() })) }
  return [
    defineAdminRoute({
      method: 'GET',
      path,
      summary: summaries.read,
      response,
      handler: async ({ requester, params: { userId } }) => ({
        [key]: (await moderated(deps, requester, userId))[since] !== null,
      }),
    }),
    defineAdminRoute({
      method: 'PUT',
      path,
      body: z.object({ [key]: z.boolean() }),
      summary: summaries.change,
      response,
      async handler({ requester, params: { userId }, body, log }) {
        await restrictAsAdministrator(deps, restriction, {
          requester,
          userId,
          isRestricted: body[key] === true,
        })
        log.info(
          { user_id: userId, by: requester.userId, ...body },
          'an administrator changes the restriction of an account',
        )
        return body
      },
    }),
  ]
}

type Change = { requester: Requester; userId: UserId; isRestricted: boolean }

/** @throws MatrixError 400, 403, 404 */
export const suspendAsAdministrator = (deps: AccountDeps, change: Change): Promise<void> =>
  restrictAsAdministrator(deps, SUSPENSION, change)

async function restrictAsAdministrator(
  deps: AccountDeps,
  { restrict }: Restriction,
  { requester, userId, isRestricted }: Change,
): Promise<void> {
  if (requester.userId === userId) throw forbidden('You cannot lock or suspend your own account')
  await moderated(deps, requester, userId)
  await restrict(deps, userId, isRestricted)
}

/** @throws MatrixError 403 when the account belongs to another administrator; 400 and 404 as `activeTarget` */
async function moderated(deps: AccountDeps, requester: Requester, userId: UserId) {
  const user = await activeTarget(deps, userId)
  if (user.is_admin === 1 && userId !== requester.userId)
    throw forbidden(`${userId} is an administrator; belfry user demote makes it an ordinary account`)
  return user
}
