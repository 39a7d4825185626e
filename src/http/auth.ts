import type { IncomingHttpHeaders } from 'node:http'
import { acceptedTags } from '../language/choose.ts'
import {
  forbidden,
  invalidParam,
  type MatrixError,
  missingToken,
  unknownToken,
  userLocked,
  userSuspended,
} from '../lib/errors.ts'
import { isUserId, type UserId } from '../lib/ids.ts'
import type { Requester } from '../lib/requester.ts'
import { consoleToken } from './console-cookie.ts'
import type { Reply } from './reply.ts'

/**
 * An application service that acts as one of its users (application service API, "Identity assertion"). It
 * has no device.
 */
export type ServiceRequester = { userId: UserId; deviceId?: undefined; isAdmin: false; serviceId: string }

/**
 * A link that is its own permission: it contains the path parameter `token`. `verify` resolves to the data of
 * the link, or to undefined if the link is invalid or has expired. `refusal` makes the response then, for the
 * language tags of the request, best first.
 */
export type SignedLink<Link = unknown> = {
  kind: 'signed link'
  verify: (token: string) => Promise<Link | undefined>
  refusal: (languages: readonly string[]) => Reply | Promise<Reply>
}

export function signedLink<Link>(
  verify: SignedLink<Link>['verify'],
  refusal: SignedLink['refusal'],
): SignedLink<Link> {
  return { kind: 'signed link', verify, refusal }
}

/**
 * The permitted requesters of a route. Each route names one kind:
 * - `user`: a user with a device. 401 without a valid access token.
 * - `optional`: a user, or an anonymous request without a token. 401 with an invalid token.
 * - `administrator`: an administrator; 403 for other users.
 * - `application service`: identified by its `as_token`. It acts as its own user or as the user in the query
 *   parameter `user_id`; 403 if that user is not in its namespaces.
 * - `user or application service`: either of them.
 * - `SignedLink`: every client that has the link.
 * - `none`: every client.
 */
export type AuthKind =
  | 'user'
  | 'optional'
  | 'administrator'
  | 'application service'
  | 'user or application service'
  | 'none'
  | SignedLink

/**
 * The users with a restricted account who may use a route (client-server API, "Account moderation"):
 * `locked`, all of them; `suspended`, those whose account is suspended and not locked; `active`, none.
 */
export type OpenTo = 'locked' | 'suspended' | 'active'

/** The type of a handler's `requester`. */
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
/** The type of a handler's `link`. */
export type LinkOf<A extends AuthKind> = A extends SignedLink<infer Link> ? Link : undefined

/** The result of authentication. `refused`: the response that is sent without calling the handler. */
export type AuthResult =
  | { kind: 'user'; requester: Requester; token: string }
  | { kind: 'application service'; requester: ServiceRequester }
  | { kind: 'signed link'; link: unknown }
  | { kind: 'anonymous' }
  | { kind: 'refused'; response: MatrixError | Reply }

/**
 * Resolves to the owner of an access token, or to undefined if the token is unknown. `address`: the IP
 * address of the client.
 */
export type Authenticate = (token: string, address: string) => Promise<Requester | undefined>

/**
 * Resolves to the application service of an `as_token`, or to undefined if the token is unknown. `userId`:
 * the user it acts for, from the query.
 * @throws MatrixError 403 `M_FORBIDDEN` if that user is not in its namespaces
 */
export type AuthenticateService = (
  token: string,
  claim: { userId: UserId | undefined; address: string },
) => Promise<ServiceRequester | undefined>

/** Functions that authenticate. They are injected, because this folder knows neither users nor application services. */
export type Authenticators = {
  authenticate: Authenticate
  /** Absent: the server has no application services. */
  authenticateService?: AuthenticateService | undefined
}

/**
 * The parts of a request that authentication reads: the access token, the path parameter `token`, the query
 * parameter `user_id`, and the header `Accept-Language` for a refusal.
 */
export type Credentials = {
  token: string | undefined
  link: unknown
  userId: unknown
  address: string
  acceptLanguage: string | undefined
}

/** Authenticates a request by the kind that the route names. */
export async function resultOf(
  { auth, openTo }: { auth: AuthKind; openTo?: OpenTo | undefined },
  shown: Credentials,
  authenticators: Authenticators,
): Promise<AuthResult> {
  if (auth === 'none') return { kind: 'anonymous' }
  if (typeof auth === 'object') return resultOfLink(auth, shown)
  const { token, address } = shown
  if (token === undefined)
    return auth === 'optional' ? { kind: 'anonymous' } : { kind: 'refused', response: missingToken() }
  if (auth === 'application service' || auth === 'user or application service') {
    const { userId } = shown
    if (userId !== undefined && !(typeof userId === 'string' && isUserId(userId)))
      return { kind: 'refused', response: invalidParam('user_id: expected a user id, such as @name:server') }
    const service = await authenticators.authenticateService?.(token, { userId, address })
    if (service !== undefined) return { kind: 'application service', requester: service }
    if (auth === 'application service') return { kind: 'refused', response: unknownToken() }
  }
  const requester = await authenticators.authenticate(token, address)
  if (requester === undefined) return { kind: 'refused', response: unknownToken() }
  const refusal = restrictionRefusal(requester, openTo)
  if (refusal !== undefined) return { kind: 'refused', response: refusal }
  if (auth === 'administrator' && !requester.isAdmin)
    return { kind: 'refused', response: forbidden('Only an administrator may use this endpoint') }
  return { kind: 'user', requester, token }
}

/** The error for a requester whose account is too restricted for a route. */
export function restrictionRefusal(
  { restriction }: Requester,
  openTo: OpenTo = 'suspended',
): MatrixError | undefined {
  if (restriction === 'locked' && openTo !== 'locked') return userLocked()
  return restriction === 'suspended' && openTo === 'active' ? userSuspended() : undefined
}

async function resultOfLink({ verify, refusal }: SignedLink, shown: Credentials): Promise<AuthResult> {
  const link = await verify(String(shown.link))
  if (link !== undefined) return { kind: 'signed link', link }
  return { kind: 'refused', response: await refusal(acceptedTags(shown.acceptLanguage)) }
}

/**
 * The access token from the header, from the cookie of a page of the console, or, if the setting allows it,
 * from the query (deprecated since Matrix v1.11).
 */
export function accessToken(
  headers: IncomingHttpHeaders,
  query: Readonly<Record<string, unknown>>,
  allowQuery: boolean,
): string | undefined {
  const inHeaders = bearerToken(headers) ?? consoleToken(headers)
  if (inHeaders !== undefined || !allowQuery) return inHeaders
  const token = query['access_token']
  return typeof token === 'string' && token !== '' ? token : undefined
}

/** The access token in the header `Authorization`. */
export function bearerToken({ authorization }: IncomingHttpHeaders): string | undefined {
  if (authorization === undefined || !/^bearer +\S/i.test(authorization)) return undefined
  return authorization.slice('bearer '.length).trim()
}
