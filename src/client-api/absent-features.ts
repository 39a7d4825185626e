import { client, defineRoute, type Route } from '../http/route.ts'
import { notFound } from '../lib/errors.ts'

const MEDIA_CONFIG = [
  '/_matrix/client/v1/media/config',
  '/_matrix/media/v3/config',
  '/_matrix/media/r0/config',
] as const

/**
 * What clients ask every server at start, answered with what is true here: no TURN server, no bridges, no media store, no key
 * backup. Without these answers some of them ask again and again.
 */
export function absentFeatureRoutes(): Route[] {
  return [
    empty('/voip/turnServer'),
    empty('/thirdparty/protocols'),
    ...MEDIA_CONFIG.map((path) =>
      defineRoute({
        method: 'GET',
        path,
        auth: 'user',
        limit: 'default',
        handler: () => ({ 'm.upload.size': 0 }),
      }),
    ),
    defineRoute({
      method: 'GET',
      path: client('/room_keys/version'),
      auth: 'user',
      limit: 'default',
      handler() {
        throw notFound('There is no key backup')
      },
    }),
  ]
}

function empty(path: string): Route {
  return defineRoute({
    method: 'GET',
    path: client(path),
    auth: 'user',
    limit: 'default',
    handler: () => ({}),
  })
}
