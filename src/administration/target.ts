import { isReserved } from '../accounts/names.ts'
import { userById } from '../accounts/users-store.ts'
import { invalidParam, notFound } from '../lib/errors.ts'
import { serverOf, type UserId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'

type TargetDeps = { db: Queries; serverName: string }

/**
 * The account that an administrator names. Call it after the authorisation, so that no other user learns
 * which accounts exist.
 * @throws MatrixError 400 `M_INVALID_PARAM` for a user of another server; 404 for an unknown user, or an
 *   account of the server itself
 */
export async function targetAccount({ db, serverName }: TargetDeps, userId: UserId) {
  if (serverOf(userId) !== serverName)
    throw invalidParam(`${userId} is not a user of this server (${serverName})`)
  const user = isReserved(userId) ? undefined : await db.first(userById, { userId })
  if (user === undefined) throw notFound(`There is no account ${userId}`)
  return user
}

/** Like `targetAccount`, without deactivated accounts. @throws MatrixError 404 for these */
export async function activeTarget(deps: TargetDeps, userId: UserId) {
  const user = await targetAccount(deps, userId)
  if (user.deactivated_at !== null) throw notFound(`The account ${userId} is deactivated`)
  return user
}
