import type { UserId } from '../lib/ids.ts'
import type { AccountDeps } from './deps.ts'
import { userById } from './users-store.ts'

/** What the password was compared with: a transaction that builds on the check makes sure it is still the same. */
export type Proof = { passwordHash: string }

/**
 * Whether this is the user's password; undefined when not. Users who are unknown or deactivated cost the same time as a wrong
 * password.
 * @throws MatrixError 429 after too many wrong ones, and when too many are being checked at this moment
 */
export async function checkPassword(
  deps: Pick<AccountDeps, 'db' | 'passwords' | 'loginAttempts'>,
  userId: UserId,
  password: string,
): Promise<Proof | undefined> {
  deps.loginAttempts.attempt(userId)
  let wrong = false
  try {
    const passwordHash = (await deps.db.first(userById, { userId }))?.password_hash
    wrong = !(await deps.passwords.verify(password, passwordHash))
    return wrong || !passwordHash ? undefined : { passwordHash }
  } finally {
    // What could not be checked is no guess either.
    if (!wrong) deps.loginAttempts.succeeded(userId)
  }
}
