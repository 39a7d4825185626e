import type { DeviceId, UserId } from '../lib/ids.ts'
import type { AccountDeps } from './deps.ts'
import { RESERVED_PREFIX } from './names.ts'
import { logout, startSession } from './sessions.ts'
import { insertUser } from './users-store.ts'

export type InternalSession = { userId: UserId; accessToken: string; end(): Promise<void> }

/**
 * Opens a session of an internal account of the server. Internal accounts have no password and a reserved name. A
 * missing account is created. `end` removes the device and everything that depends on it.
 */
export async function openInternalSession(deps: AccountDeps, name: string): Promise<InternalSession> {
  const userId = `@${RESERVED_PREFIX}${name}:${deps.serverName}` as UserId
  const session = await deps.db.transaction(
    async (tx) => {
      await tx.run(insertUser, { userId, passwordHash: null, isAdmin: 0, now: deps.clock.now() })
      // The device id is always the same: a device left by a crash is reused.
      return startSession(deps, tx, {
        userId,
        deviceId: 'SERVER' as DeviceId,
        displayName: undefined,
        address: null,
      })
    },
    { orderedBy: userId },
  )
  return { userId, accessToken: session.accessToken, end: () => logout(deps, userId, session.deviceId) }
}
