import { invalidParam } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import { digestCount } from './digests-store.ts'

/** For all scopes of a user together. Each digest evaluates the newest events of the user again. */
export const MAX_DIGESTS = 10

/** @throws MatrixError 400 `M_INVALID_PARAM` when the user would have too many rules with a digest */
export async function checkDigestCount(
  tx: Transaction,
  { userId, more = 0 }: { userId: UserId; more?: number },
): Promise<void> {
  const count = ((await tx.first(digestCount, { userId }))?.count ?? 0) + more
  if (count > MAX_DIGESTS)
    throw invalidParam(
      `You cannot have more than ${MAX_DIGESTS} push rules with org.belfry.digest. Delete one first`,
    )
}
