import type { Requester } from '../http/route.ts'
import { forbidden } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'

/**
 * The user that a request is about: the requester, or any user if the requester is an administrator.
 * @throws MatrixError 403
 */
export function targetUser(requester: Requester, userId: UserId | undefined): UserId {
  if (userId === undefined || userId === requester.userId || requester.isAdmin)
    return userId ?? requester.userId
  throw forbidden('Only an administrator may request another user')
}
