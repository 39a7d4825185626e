import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { nothing } from '../http/response-parts.ts'
import { forbidden } from '../lib/errors.ts'
import { once } from '../lib/once.ts'
import { addMedia, createMedia, fillCreatedMedia } from '../media/add-media.ts'
import type { MediaDeps } from '../media/deps.ts'
import { mediaUri } from '../media/media-uri.ts'

const uploadQuery = z.object({ filename: z.string().max(255).optional() })
const uriSchema = z.string().describe('An mxc:// URI')
const uploaded = once(() => z.strictObject({ content_uri: uriSchema }))
const created = once(() =>
  z.strictObject({
    content_uri: uriSchema,
    unused_expires_at: z.int().describe('The upload must be complete at this time, in milliseconds'),
  }),
)

const QUOTA_ERRORS = { 403: ['M_FORBIDDEN'], 408: ['M_UNKNOWN'] }

/** Uploads (client-server API, "Content repository"). The body is streamed to the store. */
export function uploadRoutes(deps: MediaDeps): Route[] {
  const body = { kind: 'stream', limit: deps.settings.max_upload_bytes } as const
  return [
    ...(['v3', 'r0'] as const).map((version) =>
      defineRoute({
        method: 'POST',
        path: `/_matrix/media/${version}/upload`,
        auth: 'user',
        openTo: 'active',
        limit: 'default',
        query: uploadQuery,
        body,
        summary: 'Uploads a file',
        response: { 200: uploaded },
        errors: QUOTA_ERRORS,
        async handler({ requester: { userId }, query: { filename }, body: upload }) {
          const mediaId = await addMedia(deps, { ...upload, userId, filename })
          return { content_uri: mediaUri(deps.serverName, mediaId) }
        },
      }),
    ),
    defineRoute({
      method: 'POST',
      path: '/_matrix/media/v1/create',
      auth: 'user',
      openTo: 'active',
      limit: 'default',
      summary: 'Creates an mxc:// URI for a file that is uploaded later',
      response: { 200: created },
      async handler({ requester: { userId } }) {
        const { mediaId, expiresAt } = await createMedia(deps, userId)
        return { content_uri: mediaUri(deps.serverName, mediaId), unused_expires_at: expiresAt }
      },
    }),
    defineRoute({
      method: 'PUT',
      path: '/_matrix/media/v3/upload/:serverName/:mediaId',
      auth: 'user',
      openTo: 'active',
      limit: 'default',
      query: uploadQuery,
      body,
      summary: 'Uploads a file to an mxc:// URI that was created before',
      response: { 200: nothing },
      errors: { ...QUOTA_ERRORS, 404: ['M_NOT_FOUND'], 409: ['M_CANNOT_OVERWRITE_MEDIA'] },
      async handler({ requester: { userId }, params, query: { filename }, body: upload }) {
        if (params.serverName !== deps.serverName)
          throw forbidden(`Media ids of ${params.serverName} cannot be used here`)
        await fillCreatedMedia(deps, { ...upload, userId, filename, mediaId: params.mediaId })
        return {}
      },
    }),
  ]
}
