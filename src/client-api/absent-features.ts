import { client, defineRoute, type Route } from '../http/route.ts'
import { nothing } from '../http/response-parts.ts'

/**
 * Endpoints that clients call at start, for features that this server does not have: TURN and bridges.
 * Without a response some clients repeat the request.
 */
export function absentFeatureRoutes(): Route[] {
  return [
    empty('/voip/turnServer', 'Credentials for TURN servers; always empty'),
    empty('/thirdparty/protocols', 'Bridged networks; always empty'),
  ]
}

function empty(path: string, summary: string): Route {
  return defineRoute({
    method: 'GET',
    path: client(path),
    auth: 'user',
    limit: 'default',
    summary,
    response: { 200: nothing },
    handler: () => ({}),
  })
}
