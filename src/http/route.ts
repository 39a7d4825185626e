import type { z } from 'zod'
import type { Ending } from '../lib/ending.ts'
import type { Log } from '../lib/log.ts'
import type { AuthKind, LinkOf, OpenTo, RequesterOf } from './auth.ts'
import type { BodyKind, BodyOf } from './body.ts'
import type { LimitClass } from './rate-limit.ts'
import type { ResponseOf, ErrorCodes, ResponseSchemas } from './response.ts'

// The definition of a route. A module of endpoints is a list of routes; only `server.ts` knows how they are served.

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH'

export const CLIENT_PREFIXES = ['api/v1', 'r0', 'v3'] as const
/** The part of a path that names the version of the client-server API. */
export type ClientPrefix = (typeof CLIENT_PREFIXES)[number]
export type ClientPath<Suffix extends string = string> = { suffix: Suffix; prefixes: readonly ClientPrefix[] }

/** `client('/pushers/set')` stands for that path under each of `/_matrix/client/api/v1`, `/r0` and `/v3`. */
export function client<const Suffix extends string>(
  suffix: Suffix,
  prefixes: readonly ClientPrefix[] = CLIENT_PREFIXES,
): ClientPath<Suffix> {
  return { suffix, prefixes }
}

export type { Requester } from '../lib/requester.ts'
export { Reply, reply, type ReplyWith } from './reply.ts'

export type ParamName<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamName<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never
type PathText<Path> = Path extends ClientPath<infer Suffix> ? Suffix : Path extends string ? Path : never
type Schema = z.ZodType | undefined

/** The input of a handler. Everything has passed its schema. */
export type RouteContext<
  Auth extends AuthKind,
  Path,
  Params extends Schema,
  Query extends Schema,
  Body extends BodyKind | undefined,
> = {
  readonly params: Params extends z.ZodType
    ? z.output<Params>
    : Readonly<Record<ParamName<PathText<Path>>, string>>
  readonly query: Query extends z.ZodType ? z.output<Query> : undefined
  readonly body: BodyOf<Body>
  readonly requester: RequesterOf<Auth>
  /** The data of a signed link. */
  readonly link: LinkOf<Auth>
  /** The requested prefix of a `client(…)` path. */
  readonly prefix: Path extends ClientPath ? ClientPrefix : undefined
  /** The IP address of the client, without port. */
  readonly address: string
  /** The header `Last-Event-ID` of a client that reconnects to an event stream. */
  readonly lastEventId: string | undefined
  /** The language tags of `Accept-Language`, best first. */
  readonly languages: readonly string[]
  /** The access token in the header `Authorization`. Only the console needs it, for the cookie of its session. */
  readonly bearerToken: string | undefined
  /** Whether a page of the web console sends the request, with the cookie of its session. */
  readonly isConsole: boolean
  readonly requestId: string
  /**
   * Aborts when the client disconnects and when the server shuts down: a long wait must end then, with a
   * partial result.
   */
  readonly signal: AbortSignal
  /**
   * The same with less memory, for handlers of long polls. It has one listener at most. With the listener,
   * `params`, `query` and `body` are released.
   */
  readonly ending: Ending
  /** Includes the id of the request. */
  readonly log: Log
}

export type RouteSpec<
  Auth extends AuthKind,
  Path extends string | ClientPath,
  Params extends Schema,
  Query extends Schema,
  Body extends BodyKind | undefined,
  Response extends ResponseSchemas | undefined,
> = {
  method: Method
  /** Segments `:name` are parameters, percent-decoded one by one. A trailing slash is significant. */
  path: Path
  /** The permitted requesters. */
  auth: Auth
  limit: LimitClass
  /** The users with a restricted account who may use it. Default: `suspended`. */
  openTo?: OpenTo
  params?: Params
  query?: Query
  /** How the body is read. Without it the body is ignored. */
  body?: Body
  /** The purpose in one line without a full stop: the title of the endpoint in the OpenAPI document. */
  summary?: string
  /**
   * The responses by status. The compiler checks the handler, and tests check each response; a running server
   * checks nothing.
   */
  response?: Response
  /** Error codes beside those that follow from this declaration. */
  errors?: ErrorCodes
  /** Called with each response; the status is 0 if the client disconnected before it. Must not throw. */
  onServed?: (status: number, seconds: number) => void
  handler: (
    context: RouteContext<Auth, Path, Params, Query, Body>,
  ) => Promise<ResponseOf<Response>> | ResponseOf<Response>
}

/** A route without its type parameters, as the server stores it. */
export type Route = Omit<
  RouteSpec<AuthKind, string | ClientPath, Schema, Schema, BodyKind | undefined, ResponseSchemas>,
  'handler'
> & {
  handler: (context: never) => unknown
}

/** Defines an endpoint; the types of its handler follow from its schemas and its path. */
export function defineRoute<
  Auth extends AuthKind,
  const Path extends string | ClientPath,
  Params extends Schema = undefined,
  Query extends Schema = undefined,
  const Body extends BodyKind | undefined = undefined,
  const Response extends ResponseSchemas | undefined = undefined,
>(spec: RouteSpec<Auth, Path, Params, Query, Body, Response>): Route {
  return spec as unknown as Route
}

/** All full paths of a route, with their prefixes. */
export function pathsOf(route: Route): { path: string; prefix: ClientPrefix | undefined }[] {
  const { path } = route
  if (typeof path === 'string') return [{ path, prefix: undefined }]
  return path.prefixes.map((prefix) => ({ path: `/_matrix/client/${prefix}${path.suffix}`, prefix }))
}
