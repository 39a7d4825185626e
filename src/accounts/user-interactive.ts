import type { DeviceId, UserId } from '../lib/ids.ts'
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import type { AccountDeps } from './deps.ts'
import { knownAs } from './names.ts'
import { checkPassword, deviceSource, type Proof } from './password-check.ts'

export type Stage = 'm.login.dummy' | 'm.login.password'

/** The body of a 401 that says how to go on; with `errcode` and `error` when an attempt has failed. */
export type Challenge = {
  flows: { stages: Stage[] }[]
  params: Record<string, never>
  session: string
  completed: Stage[]
  errcode?: 'M_FORBIDDEN'
  error?: string
}

export type Interaction = {
  /** The operation and what it is done to: a session cannot be carried over to another one. */
  purpose: string
  stage: Stage
  /** The `auth` of the request's body. */
  auth: Json | undefined
  /** Whose password is asked for, with `m.login.password`, and on which device. */
  owner?: { userId: UserId; deviceId: DeviceId }
}

/** `passwordHash` is what the password was compared with. */
export type Authorisation =
  | { kind: 'granted'; passwordHash: string | null }
  | { kind: 'challenge'; body: Challenge }

/**
 * User-interactive authentication in one stage (client-server API, section of that name). Takes both ways: `auth` at the first
 * request, without a session, and the round by way of the 401 that opens one.
 * @throws MatrixError 429 when the password was tried too often
 */
export async function authorise(deps: AccountDeps, interaction: Interaction): Promise<Authorisation> {
  const { purpose, stage, auth } = interaction
  if (!isJsonObject(auth)) return challenge(deps, interaction)
  const { session, type } = auth
  if (session !== undefined && !(typeof session === 'string' && deps.authSessions.isOpen(session, purpose))) {
    return challenge(deps, interaction, { error: 'This session has ended; start again with the new one' })
  }
  if (type === undefined) return challenge(deps, interaction, { session })
  if (type !== stage) return challenge(deps, interaction, { session, error: `auth.type must be ${stage}` })
  const proof = stage === 'm.login.dummy' ? ANYBODY : await ownPassword(deps, auth, interaction.owner)
  if (!proof) return challenge(deps, interaction, { session, error: 'Wrong user or password' })
  if (session !== undefined) deps.authSessions.close(session)
  return { kind: 'granted', ...proof }
}

const ANYBODY: { passwordHash: string | null } = { passwordHash: null }

/** The access token has said who asks, so the name may be left out; it must not be somebody else's. */
async function ownPassword(
  deps: AccountDeps,
  auth: JsonObject,
  owner: Interaction['owner'],
): Promise<Proof | undefined> {
  const { password } = auth
  if (typeof password !== 'string' || owner === undefined) return undefined
  const { userId } = owner
  const name = namedBy(auth)
  if (name !== undefined && knownAs(name, deps.serverName) !== userId) return undefined
  return checkPassword(deps, { userId, password, source: deviceSource(owner) })
}

/** The user whom an `identifier`, or the `user` of old clients, names. */
function namedBy(auth: JsonObject): string | undefined {
  const { identifier, user } = auth
  const name = isJsonObject(identifier) ? identifier['user'] : user
  return typeof name === 'string' ? name : undefined
}

function challenge(
  deps: AccountDeps,
  { purpose, stage, owner }: Interaction,
  more: { session?: Json | undefined; error?: string } = {},
): Authorisation {
  const session =
    typeof more.session === 'string' ? more.session : deps.authSessions.open(purpose, owner?.userId)
  const failure = more.error === undefined ? {} : { errcode: 'M_FORBIDDEN' as const, error: more.error }
  return {
    kind: 'challenge',
    body: { flows: [{ stages: [stage] }], params: {}, session, completed: [], ...failure },
  }
}
