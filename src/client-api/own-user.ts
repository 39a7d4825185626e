import type { Requester } from '../http/route.ts'
import { forbidden } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'

/** @throws MatrixError 403 when the user in the path is not the requester */
export function checkOwn(requester: Requester, userId: UserId): void {
  if (requester.userId !== userId)
    throw forbidden(`This belongs to ${userId}, and you are ${requester.userId}`)
}
