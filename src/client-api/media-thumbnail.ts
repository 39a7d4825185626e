import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { queryBoolean, queryInteger } from '../http/schema.ts'
import type { UserId } from '../lib/ids.ts'
import type { MediaDeps } from '../media/deps.ts'
import { findMedia } from '../media/find-media.ts'
import { findThumbnail } from '../media/thumbnails.ts'
import {
  frozen,
  legacyFields,
  mediaErrors,
  mediaParams,
  mediaResponse,
  STORED_BYTES,
  waitFields,
  waitOf,
} from './media-response.ts'

const MAX_SIDE = 1_000_000
const side = queryInteger({ min: 1, max: MAX_SIDE })
const sizeFields = {
  width: side,
  height: side,
  method: z.enum(['crop', 'scale']).optional(),
  animated: queryBoolean.optional(),
  ...waitFields,
}
const query = z.object(sizeFields)
const legacyQuery = z.object({ ...sizeFields, ...legacyFields })

const errors = { ...mediaErrors, 400: ['M_UNKNOWN'], 413: ['M_TOO_LARGE'] }

/** Client-server API, "Thumbnails". */
export function thumbnailRoutes(deps: MediaDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/_matrix/client/v1/media/thumbnail/:serverName/:mediaId',
      auth: 'user',
      limit: 'default',
      params: mediaParams,
      query,
      summary: 'A thumbnail of an image',
      response: { 200: STORED_BYTES },
      errors,
      handler: (context) =>
        thumbnail(deps, { ...context.params, ...context.query, context, userId: context.requester.userId }),
    }),
    ...(['v3', 'r0'] as const).map((version) =>
      defineRoute({
        method: 'GET',
        path: `/_matrix/media/${version}/thumbnail/:serverName/:mediaId`,
        auth: 'none',
        limit: 'default',
        params: mediaParams,
        query: legacyQuery,
        summary: 'A thumbnail of an image without authentication, if a setting allows it',
        response: { 200: STORED_BYTES },
        errors,
        handler: (context) => {
          if (!deps.settings.unauthenticated_downloads) throw frozen()
          return thumbnail(deps, { ...context.params, ...context.query, context, userId: undefined })
        },
      }),
    ),
  ]
}

type Request = Omit<z.output<typeof query>, 'timeout_ms'> & {
  timeout_ms?: number | undefined
  serverName: string
  mediaId: string
  context: { readonly signal: AbortSignal }
  userId: UserId | undefined
}

async function thumbnail(deps: MediaDeps, request: Request) {
  const { serverName, mediaId, context, userId, width, height, method = 'scale', animated = false } = request
  const timeoutMs = waitOf(request)
  const media = await findMedia(deps, { serverName, mediaId, timeoutMs, signal: () => context.signal })
  const found = await findThumbnail(deps, media, { width, height, method, animated, userId })
  const { contentType, etag } = found
  const filename = `thumbnail.${contentType.slice('image/'.length)}`
  return mediaResponse(deps, { ...found, etag, contentType, filename })
}
