import type { DeviceId, UserId } from '../lib/ids.ts'
import type { AccountDeps } from './deps.ts'
import { RESERVED_PREFIX } from './names.ts'
import { logout, startSession } from './sessions.ts'
import { insertUser } from './users-store.ts'

export type InternalSession = { userId: UserId; accessToken: string; end(): Promise<void> }

/**
 * A session of one of the server's own accounts, which have no password and names that nobody else can register. The
 * account is made where it is missing. `end` takes the device away with all that hangs on it.
 */
export async function openInternalSession(deps: AccountDeps, name: string): Promise<InternalSession> {
  const userId = `@${RESERVED_PREFIX}${name}:${deps.serverName}` as UserId
  const session = await deps.db.transaction(async (tx) => {
    await tx.run(insertUser, { userId, passwordHash: null, isAdmin: 0, now: deps.clock.now() })
    // Always the same device: one that a crash left behind is used again.
    return startSession(deps, tx, {
      userId,
      deviceId: 'SERVER' as DeviceId,
      displayName: undefined,
      address: null,
    })
  })
  return { userId, accessToken: session.accessToken, end: () => logout(deps, userId, session.deviceId) }
}
