import type { IncomingHttpHeaders } from 'node:http'
import { forbidden, invalidParam, type MatrixError, missingToken, unknownToken } from '../lib/errors.ts'
import { type DeviceId, isUserId, type UserId } from '../lib/ids.ts'
import type { Reply } from './reply.ts'

/** A user, on the device that the access token belongs to. */
export type Requester = { userId: UserId; deviceId: DeviceId; isAdmin: boolean }

/** An application service that acts as one of its users (application service API, "Identity assertion"). It has no device. */
export type ServiceRequester = { userId: UserId; deviceId?: undefined; isAdmin: false; serviceId: string }

/**
 * A link that carries its own permission: the path parameter `token` proves who it was made for.
 * `verify` resolves to what the link is for; undefined: it is not good, or not any more. `refusal` is answered then.
 */
export type SignedLink<Link = unknown> = {
  kind: 'signed link'
  verify: (token: string) => Promise<Link | undefined>
  refusal: Reply
}

export function signedLink<Link>(verify: SignedLink<Link>['verify'], refusal: Reply): SignedLink<Link> {
  return { kind: 'signed link', verify, refusal }
}

/**
 * Who may ask. Each route names one:
 * - `user`: a user with a device. 401 without a good access token.
 * - `optional`: a user, or no one without a token. 401 with an invalid token.
 * - `administrator`: a user who is one; 403 for others.
 * - `application service`: by its `as_token`, as its own user or as the one in the query `user_id`; 403 when that one is not its own.
 * - `user or application service`: either of them.
 * - `SignedLink`: anybody with the link.
 * - `none`: anybody.
 */
export type AuthKind =
  | 'user'
  | 'optional'
  | 'administrator'
  | 'application service'
  | 'user or application service'
  | 'none'
  | SignedLink

/** What a handler is given as `requester`. */
export type RequesterOf<A extends AuthKind> = A extends 'user'
  ? Requester
  : A extends 'administrator'
    ? Requester & { isAdmin: true }
    : A extends 'application service'
      ? ServiceRequester
      : A extends 'user or application service'
        ? Requester | ServiceRequester
        : A extends 'optional'
          ? Requester | undefined
          : undefined
/** What a handler is given as `link`. */
export type LinkOf<A extends AuthKind> = A extends SignedLink<infer Link> ? Link : undefined

/** What authentication comes to. `refused`: what is answered instead of asking the handler. */
export type AuthResult =
  | { kind: 'user'; requester: Requester; token: string }
  | { kind: 'application service'; requester: ServiceRequester }
  | { kind: 'signed link'; link: unknown }
  | { kind: 'anonymous' }
  | { kind: 'refused'; answer: MatrixError | Reply }

/** The owner of an access token; undefined: there is none. `address`: where the request comes from. */
export type Authenticate = (token: string, address: string) => Promise<Requester | undefined>

/**
 * The application service of an `as_token`; undefined: there is none. `userId`: whom it says it acts for, as the query has it.
 * @throws MatrixError 403 `M_FORBIDDEN` when that user is not in its namespaces
 */
export type AuthenticateService = (
  token: string,
  claim: { userId: UserId | undefined; address: string },
) => Promise<ServiceRequester | undefined>

/** What decides who asks: handed in, since this folder knows neither users nor application services. */
export type Authenticators = {
  authenticate: Authenticate
  /** Absent: there are no application services. */
  authenticateService?: AuthenticateService | undefined
}

/** What a request shows of who asks: its access token, the path parameter `token` and the query `user_id`. */
export type Credentials = { token: string | undefined; link: unknown; userId: unknown; address: string }

/** Decides who asks, by the kind that the route names. */
export async function resultOf(
  auth: AuthKind,
  shown: Credentials,
  authenticators: Authenticators,
): Promise<AuthResult> {
  if (auth === 'none') return { kind: 'anonymous' }
  if (typeof auth === 'object') return resultOfLink(auth, String(shown.link))
  const { token, address } = shown
  if (token === undefined)
    return auth === 'optional' ? { kind: 'anonymous' } : { kind: 'refused', answer: missingToken() }
  if (auth === 'application service' || auth === 'user or application service') {
    const { userId } = shown
    if (userId !== undefined && !(typeof userId === 'string' && isUserId(userId)))
      return { kind: 'refused', answer: invalidParam('user_id: expected a user id, such as @name:server') }
    const service = await authenticators.authenticateService?.(token, { userId, address })
    if (service !== undefined) return { kind: 'application service', requester: service }
    if (auth === 'application service') return { kind: 'refused', answer: unknownToken() }
  }
  const requester = await authenticators.authenticate(token, address)
  if (requester === undefined) return { kind: 'refused', answer: unknownToken() }
  if (auth === 'administrator' && !requester.isAdmin)
    return { kind: 'refused', answer: forbidden('Only an administrator may do this') }
  return { kind: 'user', requester, token }
}

async function resultOfLink({ verify, refusal }: SignedLink, token: string): Promise<AuthResult> {
  const link = await verify(token)
  return link === undefined ? { kind: 'refused', answer: refusal } : { kind: 'signed link', link }
}

/** The access token: from the header, or where the setting allows it from the query (deprecated since Matrix v1.11). */
export function accessToken(
  headers: IncomingHttpHeaders,
  query: Readonly<Record<string, unknown>>,
  allowQuery: boolean,
): string | undefined {
  const { authorization } = headers
  if (authorization !== undefined && /^bearer +\S/i.test(authorization))
    return authorization.slice('bearer '.length).trim()
  if (!allowQuery) return undefined
  const token = query['access_token']
  return typeof token === 'string' && token !== '' ? token : undefined
}
