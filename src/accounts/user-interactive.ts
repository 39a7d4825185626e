import type { DeviceId, UserId } from '../lib/ids.ts'
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import type { AccountDeps } from './deps.ts'
import { knownAs } from './names.ts'
import { checkPassword, deviceSource, type Proof } from './password-check.ts'

export type Stage = 'm.login.dummy' | 'm.login.password'

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
  const proof = stage === 'm.login.dummy' ? NO_PASSWORD : await ownPassword(deps, auth, interaction.owner)
  if (!proof) return challenge(deps, interaction, { session, error: 'Wrong user or password' })
  if (session !== undefined && !(await authSessions.use(session)))
    return challenge(deps, interaction, { error: ENDED })
  return { kind: 'granted', ...proof }
}

const ENDED = 'This session has ended. Start again with the new one'
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
