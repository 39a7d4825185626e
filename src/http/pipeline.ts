import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Config } from '../config/schema.ts'
import { invalidParam, unrecognized } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'
import { addressOf } from './address.ts'
import { accessToken, type Authenticate, requesterOf } from './auth.ts'
import { ClientGone, parseJson, readBody } from './body.ts'
import { RequestContext } from './context.ts'
import { renderError } from './errors.ts'
import { isStream, respondWithStream } from './event-stream.ts'
import type { Lifetime } from './lifetime.ts'
import type { Load } from './load.ts'
import type { HttpMetrics } from './http-metrics.ts'
import type { RateLimiter } from './rate-limit.ts'
import { type Answer, isOnePiece, respond, respondInPieces, respondToPreflight } from './respond.ts'
import { type ClientPrefix, pathsOf, Reply, type Route } from './route.ts'
import { createRouter } from './router.ts'
import { sessionOf, whileSignedIn, type WatchSessions } from './session.ts'
import { validate } from './validate.ts'

/** The parts of the configuration that matter here. */
export type HttpConfig = Pick<Config, 'limits' | 'trust_proxy'>

const MAX_DROPPED_BYTES = 1_048_576

export type PipelineDeps = {
  config: HttpConfig
  authenticate: Authenticate
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

type Incoming = {
  request: IncomingMessage
  response: ServerResponse
  params: unknown
  query: Readonly<Record<string, unknown>>
}

type RoutePath = { path: string; prefix: ClientPrefix | undefined }

/** What answers every request, by these routes. */
export function serveRoutes(deps: PipelineDeps, routes: readonly Route[]) {
  const router = createRouter<(incoming: Incoming) => void>()
  for (const route of routes)
    for (const at of pathsOf(route)) router.add(route.method, at.path, serveRoute(deps, route, at))
  return (request: IncomingMessage, response: ServerResponse): void => {
    const found = router.find(request.method ?? '', request.url ?? '/')
    if (found.kind === 'route') found.value({ request, response, params: found.params, query: found.query })
    else serveUnmatched(deps, { request, response }, found.kind === 'malformed' ? undefined : found.methods)
  }
}

/**
 * Serves one route, in this order: limits of the address, authentication, limits of the user, validation, handler. The order is a promise: a
 * request that is refused learns nothing about what the body should have been, and costs no parsing.
 */
function serveRoute(deps: PipelineDeps, route: Route, at: RoutePath) {
  const handler = route.handler as (context: RequestContext) => unknown
  const limit = route.bodyLimit ?? deps.config.limits.body_bytes
  const parse = route.parseBody ?? parseJson

  const answer = async (incoming: Incoming, context: RequestContext): Promise<Answer> => {
    // What watches the server must get through when others do not.
    if (route.limit !== 'none') deps.load.admit(context)
    deps.limiter.address(route.limit, context.address)
    if (route.auth !== 'none') await authenticate(deps, route, { incoming, context })
    readUrl(route, incoming, context)
    if (route.body !== undefined) {
      const bytes = await readBody(incoming.request, limit, (more) => deps.load.holdBody(context, more))
      context.body = validate(route.body, parse(bytes), 'body')
    }
    const result = await handler(context)
    // A session that ended during a wait is told nothing of what happened since.
    if (context.mayHaveWaited) await context.session?.check()
    return result instanceof Reply ? result : { status: 200, body: result }
  }

  return (incoming: Incoming): void => {
    const context = begin(deps, incoming, { ...at, route })
    void finish(deps, context, () => answer(incoming, context))
  }
}

/** For what no route matches: a preflight, a URL that cannot be decoded, another method (405), or an unknown path (404). */
function serveUnmatched(
  deps: PipelineDeps,
  { request, response }: Pick<Incoming, 'request' | 'response'>,
  methods: readonly string[] | undefined,
): void {
  const at = { path: 'unmatched', prefix: undefined, route: undefined }
  const context = begin(deps, { request, response }, at)
  if (request.method === 'OPTIONS') {
    respondToPreflight(response, deps.lifetime.closing)
    return
  }
  void finish(deps, context, () => {
    deps.load.admit(context)
    deps.limiter.address('default', context.address)
    if (methods === undefined) throw unrecognized(400, 'The path has malformed percent-encoding')
    if (methods.length === 0) throw unrecognized(404, 'There is no such endpoint; check the path')
    const allow = methods.join(', ')
    const { status, body } = renderError(unrecognized(405, `This endpoint takes ${allow}`))
    return { status, body, headers: { allow } }
  })
}

function begin(
  deps: PipelineDeps,
  { request, response }: Pick<Incoming, 'request' | 'response'>,
  at: { path: string; prefix: ClientPrefix | undefined; route: Route | undefined },
): RequestContext {
  const context = new RequestContext({
    request,
    response,
    requestId: deps.nextRequestId(),
    address: addressOf(request, deps.config.trust_proxy),
    prefix: at.prefix,
    pattern: at.path,
    route: at.route,
    log: deps.log,
    lifetime: deps.lifetime,
  })
  deps.lifetime.track(context, (ended) => {
    deps.load.release(ended)
    recordEnd(deps, ended)
  })
  return context
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
  const { request, response, address, requester } = context
  const { status, headers = {}, body } = answer
  deps.onAnswer?.({ ...answer, route: context.route })
  const unread = deps.load.answers
  if (isStream(body)) {
    const events = context.session ? whileSignedIn(body, context.session) : body
    return respondWithStream(response, { status, headers, body: events, unread })
  }
  const holder = { address, userId: requester?.userId }
  const closeConnection = closesConnection(deps, request)
  if (isOnePiece(answer)) respond(response, answer, closeConnection)
  else await respondInPieces(response, { answer, closeConnection, unread, holder })
  unread.guardEnd(response, holder)
}

// Node reads and drops the rest of a body that was not wanted, so that the client sees the answer; a large one is cut off.
function closesConnection(deps: PipelineDeps, request: IncomingMessage): boolean {
  return (
    deps.lifetime.closing ||
    (!request.complete && Number(request.headers['content-length'] ?? 0) > MAX_DROPPED_BYTES)
  )
}

async function authenticate(
  deps: PipelineDeps,
  route: Route,
  { incoming, context }: { incoming: Incoming; context: RequestContext },
) {
  const token = accessToken(incoming.request.headers, incoming.query, deps.config.limits.query_token)
  const { address } = context
  const requester = await requesterOf(token, route.auth, (found) => deps.authenticate(found, address))
  if (requester === undefined || token === undefined) return
  context.requester = requester
  deps.load.admitUser(context)
  deps.limiter.user(route.limit, requester.userId)
  const isGood = async () => (await deps.authenticate(token, address)) !== undefined
  context.session = sessionOf(requester, isGood, deps.watchSessions)
}

function readUrl(route: Route, { request, params, query }: Incoming, context: RequestContext): void {
  // PostgreSQL's text cannot hold it, and no id has it.
  if (request.url?.includes('%00')) throw invalidParam('The URL holds a NUL character (%00)')
  context.params = route.params === undefined ? params : validate(route.params, params, 'path')
  if (route.query === undefined) return
  const { access_token: _, ...others } = query
  context.query = validate(route.query, others, 'query')
}

function recordEnd(deps: PipelineDeps, context: RequestContext): void {
  const { request, response, pattern, startedAt } = context
  const ms = performance.now() - startedAt
  const status = response.headersSent ? response.statusCode : 0
  deps.metrics.answered({ method: request.method ?? '', route: pattern, status }, ms / 1000)
  context.route?.onAnswered?.(status, ms / 1000)
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
