import type { DeviceId, UserId } from '../lib/ids.ts'
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import type { AccountDeps } from './deps.ts'
import { knownAs } from './names.ts'
import { checkPassword, deviceSource, type Proof } from './password-check.ts'

export type Stage = 'm.login.dummy' | 'm.login.password' | 'm.login.registration_token'

/** The body of a 401 with the flows; with `errcode` and `error` after a failed attempt. */
export type Challenge = {
  flows: { stages: Stage[] }[]
  params: Record<string, never>
  session: string
  completed: Stage[]
  errcode?: 'M_FORBIDDEN'
  error?: string
}

export type Interaction = {
  /** The operation and its target: a session is not valid for another one. */
  purpose: string
  stage: Stage
  /** The `auth` of the request's body. */
  auth: Json | undefined
  /** The user and device whose password is required, with `m.login.password`. */
  owner?: { userId: UserId; deviceId: DeviceId }
  /** Whether a registration token is valid, with `m.login.registration_token`. */
  isTokenValid?: (token: string) => Promise<boolean>
}

/** `passwordHash` is the hash that the password was checked against. */
export type Authorisation =
  | { kind: 'granted'; passwordHash: string | null }
  | { kind: 'challenge'; body: Challenge }

/**
 * User-interactive authentication in one stage (client-server API, section of that name). Accepts both ways: `auth`
 * in the first request, without a session, and the round trip with the 401 that opens a session.
 * @throws MatrixError 429 when the password was tried too often
 */
export async function authorise(deps: AccountDeps, interaction: Interaction): Promise<Authorisation> {
  const { authSessions } = deps
  const { purpose, stage, auth } = interaction
  if (!isJsonObject(auth)) return challenge(deps, interaction)
  const { session, type } = auth
  if (
    session !== undefined &&
    !(typeof session === 'string' && (await authSessions.isOpen(session, purpose)))
  )
    return challenge(deps, interaction, { error: ENDED })
  if (type === undefined) return challenge(deps, interaction, { session })
  if (type !== stage) return challenge(deps, interaction, { session, error: `auth.type must be ${stage}` })
  const proof = await proofOf(deps, interaction, auth)
  if (!proof) return challenge(deps, interaction, { session, error: WRONG[stage] })
  if (session !== undefined && !(await authSessions.use(session)))
    return challenge(deps, interaction, { error: ENDED })
  return { kind: 'granted', ...proof }
}

const ENDED = 'This session has ended. Start again with the new one'
/** The errors of failed stages. */
const WRONG: Readonly<Record<Stage, string>> = {
  'm.login.dummy': '',
  'm.login.password': 'Wrong user or password',
  'm.login.registration_token': 'This registration token is unknown, used up or has expired',
}

async function proofOf(
  deps: AccountDeps,
  { stage, owner, isTokenValid }: Interaction,
  auth: JsonObject,
): Promise<{ passwordHash: string | null } | undefined> {
  if (stage === 'm.login.dummy') return NO_PASSWORD
  if (stage === 'm.login.password') return ownPassword(deps, auth, owner)
  const { token } = auth
  return typeof token === 'string' && (await isTokenValid?.(token)) === true ? NO_PASSWORD : undefined
}

const NO_PASSWORD: { passwordHash: string | null } = { passwordHash: null }

/** The access token identifies the user, so the name is optional. It must not be the name of another user. */
async function ownPassword(
  deps: AccountDeps,
  auth: JsonObject,
  owner: Interaction['owner'],
): Promise<Proof | undefined> {
  const { password } = auth
  if (typeof password !== 'string' || owner === undefined) return undefined
  const { userId } = owner
  const name = userNameIn(auth)
  if (name !== undefined && knownAs(name, deps.serverName) !== userId) return undefined
  return checkPassword(deps, { userId, password, source: deviceSource(owner) })
}

/** The user named by an `identifier`, or by the `user` of old clients. */
function userNameIn(auth: JsonObject): string | undefined {
  const { identifier, user } = auth
  const name = isJsonObject(identifier) ? identifier['user'] : user
  return typeof name === 'string' ? name : undefined
}

function challenge(
  deps: AccountDeps,
  { purpose, stage }: Interaction,
  more: { session?: Json | undefined; error?: string } = {},
): Authorisation {
  const session = typeof more.session === 'string' ? more.session : deps.authSessions.open(purpose)
  const failure = more.error === undefined ? {} : { errcode: 'M_FORBIDDEN' as const, error: more.error }
  return {
    kind: 'challenge',
    body: { flows: [{ stages: [stage] }], params: {}, session, completed: [], ...failure },
  }
}
