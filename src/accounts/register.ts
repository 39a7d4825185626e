import { forbidden, missingParam } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import { isJsonObject, type Json } from '../lib/json.ts'
import type { AccountDeps } from './deps.ts'
import { checkDevice, checkNewPassword, generatedUserId, newUserId, userInUse } from './names.ts'
import { addressKey } from './password-check.ts'
import { isTokenValid, useToken } from './registration-tokens.ts'
import { type NewSession, type Session, startSession } from './sessions.ts'
import { authorise, type Challenge } from './user-interactive.ts'
import { storeWords } from './user-words.ts'
import { insertUser, userById } from './users-store.ts'

/**
 * Registration is closed unless a setting opens it: to every client that reaches the server, or with
 * `requiresToken` to those that have a registration token.
 */
export type RegistrationDeps = AccountDeps & {
  readonly openRegistration: boolean
  readonly requiresToken?: boolean
}

export type Registration = NewSession & {
  username: string | undefined
  password: string | undefined
  auth: Json | undefined
  /** Creates only the account, without a session. */
  inhibitLogin: boolean
}

export type RegistrationResult =
  | { kind: 'registered'; userId: UserId; session: Session | undefined }
  | { kind: 'challenge'; body: Challenge }

/**
 * Registers a new account. The name is checked before any authentication, as the specification requires. The password
 * may be missing until then, because clients request the flows with an empty body.
 * @throws MatrixError 403 closed; 400 `M_USER_IN_USE`, `M_INVALID_USERNAME`, `M_WEAK_PASSWORD`, `M_MISSING_PARAM`;
 * 429
 */
export async function register(deps: RegistrationDeps, wanted: Registration): Promise<RegistrationResult> {
  checkOpen(deps)
  const { username, password, auth } = wanted
  const userId =
    username === undefined
      ? generatedUserId(deps.random, deps.serverName)
      : newUserId(username, deps.serverName)
  if (await deps.db.first(userById, { userId })) throw userInUse()
  if (password !== undefined) checkNewPassword(password)
  checkDevice(wanted.deviceId, wanted.displayName)

  const stage = deps.requiresToken === true ? 'm.login.registration_token' : 'm.login.dummy'
  const isValid = (token: string) => isTokenValid(deps, token)
  const authorisation = await authorise(deps, { purpose: 'register', stage, auth, isTokenValid: isValid })
  if (authorisation.kind === 'challenge') return authorisation
  if (password === undefined) throw missingParam(['password'])

  const passwordHash = await deps.passwords.hash(password, addressKey(deps, wanted.address))
  const now = deps.clock.now()
  return deps.db.transaction(
    async (tx) => {
      const added = await tx.run(insertUser, { userId, passwordHash, isAdmin: 0, now })
      if (added === 0) throw userInUse()
      if (stage !== 'm.login.dummy') await useToken(tx, tokenIn(auth), now)
      await storeWords(tx, { userId, displayName: null })
      const session = wanted.inhibitLogin ? undefined : await startSession(deps, tx, { ...wanted, userId })
      return { kind: 'registered' as const, userId, session }
    },
    { orderedBy: userId },
  )
}

/** `authorise` has checked that there is one. */
function tokenIn(auth: Json | undefined): string {
  const token = isJsonObject(auth) ? auth['token'] : undefined
  return typeof token === 'string' ? token : ''
}

/**
 * Checks that a name could be registered now.
 * @throws MatrixError as `register` does for the name
 */
export async function checkAvailable(deps: RegistrationDeps, username: string): Promise<void> {
  checkOpen(deps)
  const userId = newUserId(username, deps.serverName)
  if (await deps.db.first(userById, { userId })) throw userInUse()
}

/**
 * Creates an account for the operator (`belfry user add`), even when registration is closed.
 * @throws MatrixError 400 for the name or the password
 */
export async function createUser(
  deps: Pick<AccountDeps, 'db' | 'clock' | 'passwords' | 'serverName'>,
  user: { name: string; password: string; admin: boolean },
): Promise<UserId> {
  const userId = newUserId(user.name, deps.serverName)
  checkNewPassword(user.password)
  if (await deps.db.first(userById, { userId })) throw userInUse()
  const passwordHash = await deps.passwords.hash(user.password)
  const now = deps.clock.now()
  const isAdmin = user.admin ? 1 : 0
  await deps.db.transaction(
    async (tx) => {
      const added = await tx.run(insertUser, { userId, passwordHash, isAdmin, now })
      if (added === 0) throw userInUse()
      await storeWords(tx, { userId, displayName: null })
    },
    { orderedBy: userId },
  )
  return userId
}

/** @throws MatrixError 403 when registration is closed */
export function checkOpen({
  openRegistration,
  requiresToken = false,
}: Pick<RegistrationDeps, 'openRegistration' | 'requiresToken'>): void {
  if (openRegistration || requiresToken) return
  throw forbidden(
    'Registration is closed on this server. Its operator can open it with --open-registration, or add you with: belfry user add NAME',
  )
}
