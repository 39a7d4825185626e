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
import type { Load } from './load.ts'
import type { HttpMetrics } from './http-metrics.ts'
import type { RateLimiter } from './rate-limit.ts'
import { type Answer, isOnePiece, respond, respondInPieces, respondToPreflight } from './respond.ts'
import { ClientGone, readBody } from './read-body.ts'
import { pathsOf, Reply, type Route } from './route.ts'
import { createRouter, type Unmatched } from './router.ts'
import { sendContent } from './send-content.ts'
import { sessionOf, type WatchSessions } from './session.ts'
import { validate } from './validate.ts'

/** The parts of the configuration that matter here. */
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
  onAnswer: OnAnswer | undefined
}

/** An answer that is about to be sent, as the handler gave it. `route`: absent where none matches. */
export type GivenAnswer = Answer & { route: Route | undefined }
/** For tests, which hold each answer to the schemas of its route. Must not throw. */
export type OnAnswer = (answer: GivenAnswer) => void

/** What answers every request, by these routes. */
export function serveRoutes(deps: PipelineDeps, routes: readonly Route[]) {
  const router = createRouter<Place>()
  for (const route of routes)
    for (const { path, prefix } of pathsOf(route))
      router.add(route.method, path, { route, pattern: path, prefix })
  return (request: IncomingMessage, response: ServerResponse): void => {
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
      bodyDeadline: startBodyDeadline(request, response, deps.config.limits.body_timeout_ms),
    })
    deps.lifetime.track(context, (ended) => {
      deps.load.release(ended)
      recordEnd(deps, ended)
    })
    if (isRoute) void finish(deps, context, () => serve(deps, context, found.value.route))
    else if (request.method === 'OPTIONS') respondToPreflight(response, deps.lifetime.closing)
    else void finish(deps, context, () => refuseUnmatched(deps, context, found))
  }
}

/**
 * Serves a request by its route, in this order: limits of the address, authentication, limits of the user, validation, handler. The order
 * is a promise: a request that is refused learns nothing about what the body should have been, and costs no parsing.
 */
async function serve(deps: PipelineDeps, context: RequestContext, route: Route): Promise<Answer> {
  // What watches the server must get through when others do not.
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
    })
  const result = await (route.handler as (context: RequestContext) => unknown)(context)
  // A session that ended during a wait is told nothing of what happened since.
  if (context.mayHaveWaited) await context.session?.check()
  return result instanceof Reply ? result : { status: 200, body: result }
}

/** For what no route matches: a URL that cannot be decoded, another method (405), or an unknown path (404). */
function refuseUnmatched(deps: PipelineDeps, context: RequestContext, found: Unmatched): Answer {
  deps.load.admit(context)
  deps.limiter.address('default', context.address)
  if (found.kind === 'malformed') throw unrecognized(400, 'The path has malformed percent-encoding')
  if (found.methods.length === 0) throw unrecognized(404, 'There is no such endpoint; check the path')
  const allow = found.methods.join(', ')
  const { status, body } = renderError(unrecognized(405, `This endpoint takes ${allow}`))
  return { status, body, headers: { allow } }
}

/** Never rejects: whatever happens becomes an answer. */
async function finish(
  deps: PipelineDeps,
  context: RequestContext,
  answer: () => Promise<Answer> | Answer,
): Promise<void> {
  const { response } = context
  try {
    await send(deps, context, await answer())
  } catch (error) {
    // Nobody is left to read an answer, and giving up is no fault.
    if (error instanceof ClientGone || (response.destroyed && context.signal.aborted)) {
      response.destroy()
      return
    }
    const rendered = renderError(error)
    if (rendered.isFault) context.log.error({ err: error, route: context.pattern }, 'request failed')
    // Half of an answer must not look like a whole one.
    if (response.headersSent) response.destroy()
    else await send(deps, context, rendered)
  }
}

async function send(deps: PipelineDeps, context: RequestContext, answer: Answer): Promise<void> {
  const { request, response, address, requester, session } = context
  const { body } = answer
  deps.onAnswer?.({ ...answer, route: context.place?.route })
  const holder = { address, userId: requester?.userId }
  const unread = deps.load.answers
  const sending = { closeConnection: closesConnection(deps, request), unread, holder }
  if (body instanceof Content) await sendContent(response, { ...answer, body }, { ...sending, session })
  else if (isOnePiece(body)) respond(response, answer, sending.closeConnection)
  else await respondInPieces(response, answer, sending)
  if (!(body instanceof Content && isLive(body.data))) unread.guardEnd(response, holder)
}

// Node reads and drops the rest of a body that was not wanted, so that the client sees the answer; a large one is cut off.
function closesConnection(deps: PipelineDeps, request: IncomingMessage): boolean {
  return (
    deps.lifetime.closing ||
    (!request.complete && Number(request.headers['content-length'] ?? 0) > MAX_DROPPED_BYTES)
  )
}

/** Authentication, then the limits of the user. Resolves to what a signed link that is not good is answered with. */
async function admit(deps: PipelineDeps, context: RequestContext, route: Route): Promise<Reply | undefined> {
  const result = await authenticate(deps, context, route)
  if (result.kind === 'anonymous') return undefined
  if (result.kind === 'signed link') {
    context.link = result.link
    return undefined
  }
  if (result.kind === 'refused') {
    if (result.answer instanceof Reply) return result.answer
    throw result.answer
  }
  const { requester } = result
  context.requester = requester
  deps.load.admitUser(context)
  deps.limiter.user(route.limit, requester.userId)
  // An application service has no session that could end.
  if (result.kind === 'application service') return undefined
  const isGood = async () => (await deps.authenticate(result.token, context.address)) !== undefined
  context.session = sessionOf(result.requester, isGood, deps.watchSessions)
  return undefined
}

async function authenticate(
  deps: PipelineDeps,
  context: RequestContext,
  { auth }: Route,
): Promise<AuthResult> {
  const { request, address } = context
  const query = context.query as Record<string, unknown>
  // A link is looked up by a part of the URL.
  if (typeof auth === 'object') refuseNul(request)
  const shown = {
    token: accessToken(request.headers, query, deps.config.limits.query_token),
    link: (context.params as Record<string, unknown>)['token'],
    userId: query['user_id'],
    address,
  }
  return resultOf(auth, shown, deps)
}

function readUrl(context: RequestContext, route: Route): void {
  refuseNul(context.request)
  if (route.params !== undefined) context.params = validate(route.params, context.params, 'path')
  // What authentication has read is no parameter of the route.
  const { access_token: _, ...query } = context.query as Record<string, unknown>
  if (context.requester !== undefined && 'serviceId' in context.requester) delete query['user_id']
  context.query = route.query && validate(route.query, query, 'query')
}

/** PostgreSQL's text cannot hold it, and no id has it. */
function refuseNul({ url }: IncomingMessage): void {
  if (url?.includes('%00')) throw invalidParam('The URL holds a NUL character (%00)')
}

function recordEnd(deps: PipelineDeps, context: RequestContext): void {
  const { request, response, pattern, startedAt } = context
  const ms = performance.now() - startedAt
  const status = response.headersSent ? response.statusCode : 0
  deps.metrics.answered({ method: request.method ?? '', route: pattern, status }, ms / 1000)
  context.place?.route.onAnswered?.(status, ms / 1000)
  if (!deps.log.isLevelEnabled('debug')) return
  const fields = {
    method: request.method,
    route: pattern,
    status,
    ms: Math.round(ms * 10) / 10,
    address: context.address,
  }
  // The pattern alone: a path may hold a pushkey, and the query a token.
  context.log.debug(fields, status === 0 ? 'request abandoned' : 'request')
}
