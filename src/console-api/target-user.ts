import type { Requester } from '../http/route.ts'
import { forbidden } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'

/**
 * Of whom is asked: of whoever asks, or, by an administrator, of anybody.
 * @throws MatrixError 403
 */
export function targetUser(requester: Requester, userId: UserId | undefined): UserId {
  if (userId === undefined || userId === requester.userId || requester.isAdmin)
    return userId ?? requester.userId
  throw forbidden('Only an administrator may ask for somebody else')
}
