import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Config } from '../config/schema.ts'
import { invalidParam, unrecognized } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'
import { addressOf } from './address.ts'
import { accessToken, type Authenticators, type AuthResult, resultOf } from './auth.ts'
import { startBodyDeadline } from './body-deadline.ts'
import { Content, isLive } from './content.ts'
import { type Place, RequestContext } from './context.ts'
import { renderError } from './errors.ts'
import type { Lifetime } from './lifetime.ts'
import { lingerOnClose } from './linger.ts'
import type { Load } from './load.ts'
import type { HttpMetrics } from './http-metrics.ts'
import type { RateLimiter } from './rate-limit.ts'
import { type OutgoingResponse, isOnePiece, respond, respondInPieces, respondToPreflight } from './respond.ts'
import { ClientGone, readBody } from './read-body.ts'
import { pathsOf, Reply, reply, type Route } from './route.ts'
import { createRouter, type Unmatched } from './router.ts'
import { sendContent } from './send-content.ts'
import { WatchedSession, type WatchSessions } from './session.ts'
import { validate } from './validate.ts'

/** The settings that this folder needs. */
export type HttpConfig = Pick<Config, 'limits' | 'trust_proxy'>

const MAX_DROPPED_BYTES = 1_048_576

export type PipelineDeps = Authenticators & {
  config: HttpConfig
  watchSessions: WatchSessions
  limiter: RateLimiter
  load: Load
  log: Log
  metrics: HttpMetrics
  lifetime: Lifetime
  nextRequestId: () => string
  onResponse: OnResponse | undefined
}

/** A response before it is sent, with the body from the handler. `route`: undefined if no route matches. */
export type SentResponse = OutgoingResponse & { route: Route | undefined }
/** For tests, which validate each response against the schemas of its route. Must not throw. */
export type OnResponse = (outgoing: SentResponse) => void

/**
 * Creates the request listener for these routes. `awaitsContinue`: the client waits for a 100 before it sends
 * the body (RFC 9110, section 10.1.1).
 */
export function serveRoutes(deps: PipelineDeps, routes: readonly Route[]) {
  const router = createRouter<Place>()
  for (const route of routes)
    for (const { path, prefix } of pathsOf(route))
      router.add(route.method, path, { route, pattern: path, prefix })
  return (
    request: IncomingMessage,
    response: ServerResponse,
    { awaitsContinue }: { awaitsContinue: boolean },
  ): void => {
    const found = router.find(request.method ?? '', request.url ?? '/')
    const isRoute = found.kind === 'route'
    const context = new RequestContext({
      request,
      response,
      requestId: deps.nextRequestId(),
      address: addressOf(request, deps.config.trust_proxy),
      place: isRoute ? found.value : undefined,
      params: isRoute ? found.params : {},
      query: isRoute ? found.query : {},
      log: deps.log,
      lifetime: deps.lifetime,
      awaitsContinue,
      bodyDeadline: startBodyDeadline(request, response, deps.config.limits.body_timeout_ms),
    })
    deps.lifetime.track(context)
    if (isRoute) void finish(deps, context, found.value.route)
    else if (request.method === 'OPTIONS') respondToPreflight(response, deps.lifetime.closing)
    else void finish(deps, context, found)
  }
}

/**
 * Serves a request by its route, in this order: limits of the address, authentication, limits of the user,
 * validation, handler. The order is guaranteed: a refused request learns nothing about the expected body, and
 * it is not parsed. Resolves to the result of the handler.
 */
async function serve(deps: PipelineDeps, context: RequestContext, route: Route): Promise<unknown> {
  // Monitoring must get a response even when other requests are refused.
  if (route.limit !== 'none') deps.load.admit(context)
  deps.limiter.address(route.limit, context.address)
  const refusal = await admit(deps, context, route)
  if (refusal !== undefined) return refusal
  readUrl(context, route)
  if (route.body !== undefined)
    context.body = await readBody(route.body, {
      request: context.request,
      limit: deps.config.limits.body_bytes,
      hold: (bytes) => deps.load.holdBody(context, bytes),
      deadline: context.bodyDeadline,
      requestBody: () => context.requestBody(),
    })
  // Not awaited here: while a handler waits, its request keeps one function in memory, `finish`.
  return (route.handler as (context: RequestContext) => unknown)(context)
}

/** For a URL without a route: it cannot be decoded (400), has other methods (405), or is unknown (404). */
function refuseUnmatched(deps: PipelineDeps, context: RequestContext, found: Unmatched): Reply {
  deps.load.admit(context)
  deps.limiter.address('default', context.address)
  if (found.kind === 'malformed') throw unrecognized(400, 'The path has malformed percent-encoding')
  if (found.methods.length === 0) throw unrecognized(404, 'Unknown endpoint; check the path')
  const allow = found.methods.join(', ')
  const { status, body } = renderError(unrecognized(405, `This endpoint supports only ${allow}`))
  return reply(status, body, { allow })
}

/** Never rejects: every error becomes a response. */
async function finish(deps: PipelineDeps, context: RequestContext, found: Route | Unmatched): Promise<void> {
  const { response } = context
  try {
    const result = 'kind' in found ? refuseUnmatched(deps, context, found) : await serve(deps, context, found)
    // A session that ended during a wait must not receive newer data.
    if (context.mayHaveWaited) await context.session?.check()
    await send(deps, context, result instanceof Reply ? result : { status: 200, body: result })
  } catch (error) {
    // The client has disconnected: there is no response to send and no error to log.
    if (error instanceof ClientGone || response.destroyed) {
      response.destroy()
      return
    }
    const rendered = renderError(error)
    if (rendered.isFault) context.log.error({ err: error, route: context.pattern }, 'request failed')
    // The client must not mistake a partial response for a complete one.
    if (response.headersSent) response.destroy()
    else await send(deps, context, rendered)
  }
}

async function send(deps: PipelineDeps, context: RequestContext, outgoing: OutgoingResponse): Promise<void> {
  const { request, response, address, requester, session } = context
  const { body } = outgoing
  deps.onResponse?.({ ...outgoing, route: context.place?.route })
  const holder = { address, userId: requester?.userId }
  const unread = deps.load.responses
  const isUnread = hasLargeRest(request)
  if (isUnread && !deps.lifetime.closing) lingerOnClose(request.socket)
  const sending = { closeConnection: deps.lifetime.closing || isUnread, unread, holder }
  if (body instanceof Content) await sendContent(response, { ...outgoing, body }, { ...sending, session })
  else if (isOnePiece(body)) respond(response, outgoing, sending.closeConnection)
  else await respondInPieces(response, outgoing, sending)
  if (!(body instanceof Content && isLive(body.data))) unread.guardEnd(response, holder)
}

// Node reads and drops the rest of an unread body, so that the client can read the response. For a large rest
// the connection is closed.
function hasLargeRest({ complete, headers }: IncomingMessage): boolean {
  return !complete && Number(headers['content-length'] ?? 0) > MAX_DROPPED_BYTES
}

/** Authentication, then the limits of the user. Resolves to the response for an invalid signed link. */
async function admit(deps: PipelineDeps, context: RequestContext, route: Route): Promise<Reply | undefined> {
  const result = await authenticate(deps, context, route)
  if (result.kind === 'anonymous') return undefined
  if (result.kind === 'signed link') {
    context.link = result.link
    return undefined
  }
  if (result.kind === 'refused') {
    if (result.response instanceof Reply) return result.response
    throw result.response
  }
  const { requester } = result
  context.requester = requester
  deps.load.admitUser(context)
  deps.limiter.user(route.limit, requester.userId)
  // An application service has no session.
  if (result.kind === 'application service') return undefined
  context.session = new WatchedSession(deps, { ...result, address: context.address })
  return undefined
}

async function authenticate(
  deps: PipelineDeps,
  context: RequestContext,
  { auth, openTo }: Route,
): Promise<AuthResult> {
  const { request, address } = context
  const query = context.query as Record<string, unknown>
  // The lookup of a link uses a part of the URL.
  if (typeof auth === 'object') refuseNul(request)
  const shown = {
    token: accessToken(request.headers, query, deps.config.limits.query_token),
    link: (context.params as Record<string, unknown>)['token'],
    userId: query['user_id'],
    address,
    acceptLanguage: request.headers['accept-language'],
  }
  return resultOf({ auth, openTo }, shown, deps)
}

function readUrl(context: RequestContext, route: Route): void {
  refuseNul(context.request)
  if (route.params !== undefined) context.params = validate(route.params, context.params, 'path')
  const query = context.query as Readonly<Record<string, unknown>>
  context.query = route.query && validate(route.query, ownQuery(query, context), 'query')
}

/** Without the parameters of authentication, which are not those of the route. */
function ownQuery(query: Readonly<Record<string, unknown>>, { requester }: RequestContext) {
  const isService = requester !== undefined && 'serviceId' in requester
  if (query['access_token'] === undefined && !isService) return query
  const own = { ...query }
  delete own['access_token']
  if (isService) delete own['user_id']
  return own
}

/** PostgreSQL's text cannot store NUL, and no id contains it. */
function refuseNul({ url }: IncomingMessage): void {
  if (url?.includes('%00')) throw invalidParam('The URL contains a NUL character (%00)')
}

/** After the response is complete, or the client has disconnected. */
export function endRequest(deps: PipelineDeps, context: RequestContext): void {
  deps.load.release(context)
  const { request, response, pattern, startedAt } = context
  const ms = performance.now() - startedAt
  const status = response.headersSent ? response.statusCode : 0
  deps.metrics.served({ method: request.method ?? '', route: pattern, status }, ms / 1000)
  context.place?.route.onServed?.(status, ms / 1000)
  if (!deps.log.isLevelEnabled('debug')) return
  const fields = {
    method: request.method,
    route: pattern,
    status,
    ms: Math.round(ms * 10) / 10,
    address: context.address,
  }
  // Only the pattern: a path can contain a pushkey, and a query a token.
  context.log.debug(fields, status === 0 ? 'request abandoned' : 'request')
}
