import { client, defineRoute, type Route } from '../http/route.ts'
import { z } from 'zod'
import { once } from '../lib/once.ts'
import { nothing } from '../http/response-parts.ts'

const MEDIA_CONFIG = [
  '/_matrix/client/v1/media/config',
  '/_matrix/media/v3/config',
  '/_matrix/media/r0/config',
] as const

const mediaConfig = once(() => z.strictObject({ 'm.upload.size': z.int().min(0).describe('In bytes') }))

/**
 * Endpoints that clients call at start, for features that this server does not have: TURN, bridges, media.
 * Without a response some clients repeat the request.
 */
export function absentFeatureRoutes(): Route[] {
  return [
    empty('/voip/turnServer', 'Credentials for TURN servers; always empty'),
    empty('/thirdparty/protocols', 'Bridged networks; always empty'),
    ...MEDIA_CONFIG.map((path) =>
      defineRoute({
        method: 'GET',
        path,
        auth: 'user',
        limit: 'default',
        summary: 'The size limit of uploads; always 0, because there is no media store',
        response: { 200: mediaConfig },
        handler: () => ({ 'm.upload.size': 0 }),
      }),
    ),
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
