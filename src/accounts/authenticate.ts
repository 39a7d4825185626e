import type { AccountRestriction, Requester } from '../lib/requester.ts'
import type { Queries } from '../storage/query.ts'
import { deviceById, ownerOfToken } from './devices-store.ts'
import type { LastSeen } from './last-seen.ts'
import { hashToken } from './tokens.ts'

/**
 * The owner of a token. Undefined when the token is unknown or its owner is deactivated. Each call queries the
 * database by primary key: a cache would save microseconds, and could accept a token after its logout, which may
 * happen in another process.
 */
export async function authenticate(q: Queries, token: string): Promise<Requester | undefined> {
  const tokenHash = hashToken(token)
  const owner = await q.first(ownerOfToken, { tokenHash })
  if (!owner) return undefined
  const restriction = restrictionOf(owner)
  return {
    userId: owner.user_id,
    deviceId: owner.device_id,
    isAdmin: owner.is_admin === 1,
    tokenHash,
    ...(restriction && { restriction }),
  }
}

/** What an administrator has imposed on this account. */
export function restrictionOf({
  locked_at: lockedAt,
  suspended_at: suspendedAt,
}: {
  locked_at: number | null
  suspended_at: number | null
}): AccountRestriction | undefined {
  if (lockedAt !== null) return 'locked'
  return suspendedAt === null ? undefined : 'suspended'
}

/** Whether the session of this requester still exists. For responses that last long. */
export async function isSignedIn(q: Queries, { userId, deviceId }: Requester): Promise<boolean> {
  return (await q.first(deviceById, { userId, deviceId })) !== undefined
}

/** `authenticate` for the HTTP server. It also records when and from which address the device was used. */
export function createAuthenticator(deps: { db: Queries; lastSeen: LastSeen }) {
  return async (token: string, address: string): Promise<Requester | undefined> => {
    const requester = await authenticate(deps.db, token)
    if (requester) deps.lastSeen.seen(requester, address)
    return requester
  }
}
