import { forbidden, userLocked } from '../lib/errors.ts'
import type { AccountDeps } from './deps.ts'
import { checkDevice, knownAs } from './names.ts'
import { addressSource, checkPassword } from './password-check.ts'
import { type NewSession, passwordChangedMeanwhile, type Session, startSession } from './sessions.ts'
import { userById } from './users-store.ts'

export type Login = NewSession & {
  /** A user name or a full user id. */
  user: string
  password: string
}

/**
 * Opens a session after a check of the password. An unknown user costs the same time as a wrong password and gets the
 * same response.
 * @throws MatrixError 403 wrong user or password; 401 the account is locked; 429 too many attempts at this account
 */
export async function login(deps: AccountDeps, wanted: Login): Promise<Session> {
  checkDevice(wanted.deviceId, wanted.displayName)
  const userId = knownAs(wanted.user, deps.serverName)
  // A user id of another server reveals nothing about the accounts here: it needs neither the equal time nor the
  // limit.
  if (userId === undefined) throw wrongLogin()
  const source = addressSource(deps, userId, wanted.address)
  const proof = await checkPassword(deps, { userId, password: wanted.password, source })
  if (!proof) throw wrongLogin()
  return deps.db.transaction(
    async (tx) => {
      const user = await tx.first(userById, { userId })
      if (user?.password_hash !== proof.passwordHash) throw passwordChangedMeanwhile()
      if (user.locked_at !== null) throw userLocked()
      return startSession(deps, tx, { ...wanted, userId })
    },
    { orderedBy: userId },
  )
}

function wrongLogin() {
  return forbidden('Wrong user or password')
}
