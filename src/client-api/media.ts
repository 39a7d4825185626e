import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { once } from '../lib/once.ts'
import { checkBlob } from '../media/check-blob.ts'
import type { MediaDeps } from '../media/deps.ts'
import { findMedia } from '../media/find-media.ts'
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
import { thumbnailRoutes } from './media-thumbnail.ts'
import { uploadRoutes } from './media-upload.ts'

const CONFIG_PATHS = [
  '/_matrix/client/v1/media/config',
  '/_matrix/media/v3/config',
  '/_matrix/media/r0/config',
] as const

const mediaConfig = once(() => z.strictObject({ 'm.upload.size': z.int().min(0).describe('In bytes') }))

const namedParams = mediaParams.extend({ fileName: z.string() })
const waitQuery = z.object(waitFields)
const legacyQuery = z.object({ ...waitFields, ...legacyFields })

/** Client-server API, "Content repository". */
export function mediaRoutes(deps: MediaDeps): Route[] {
  return [
    ...uploadRoutes(deps),
    ...configRoutes(deps),
    ...downloadRoutes(deps),
    ...legacyRoutes(deps),
    ...thumbnailRoutes(deps),
  ]
}

function configRoutes({ settings }: MediaDeps): Route[] {
  return CONFIG_PATHS.map((path) =>
    defineRoute({
      method: 'GET',
      path,
      auth: 'user',
      limit: 'default',
      summary: 'The size limit of uploads',
      response: { 200: mediaConfig },
      handler: () => ({ 'm.upload.size': settings.max_upload_bytes }),
    }),
  )
}

function downloadRoutes(deps: MediaDeps): Route[] {
  const path = '/_matrix/client/v1/media/download/:serverName/:mediaId'
  return [
    defineRoute({
      method: 'GET',
      path,
      auth: 'user',
      limit: 'default',
      params: mediaParams,
      query: waitQuery,
      summary: 'Downloads a file',
      response: { 200: STORED_BYTES },
      errors: mediaErrors,
      handler: (context) => download(deps, { ...context.params, query: context.query, context }),
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/:fileName` as const,
      auth: 'user',
      limit: 'default',
      params: namedParams,
      query: waitQuery,
      summary: 'Downloads a file under another name',
      response: { 200: STORED_BYTES },
      errors: mediaErrors,
      handler: (context) => download(deps, { ...context.params, query: context.query, context }),
    }),
  ]
}

/** The deprecated paths without authentication. */
function legacyRoutes(deps: MediaDeps): Route[] {
  const isServed = deps.settings.unauthenticated_downloads
  return (['v3', 'r0'] as const).flatMap((version) => {
    const path = `/_matrix/media/${version}/download/:serverName/:mediaId` as const
    return [
      defineRoute({
        method: 'GET',
        path,
        auth: 'none',
        limit: 'default',
        params: mediaParams,
        query: legacyQuery,
        summary: 'Downloads a file without authentication, if a setting allows it',
        response: { 200: STORED_BYTES },
        errors: mediaErrors,
        handler: (context) => {
          if (!isServed) throw frozen()
          return download(deps, { ...context.params, query: context.query, context })
        },
      }),
      defineRoute({
        method: 'GET',
        path: `${path}/:fileName` as const,
        auth: 'none',
        limit: 'default',
        params: namedParams,
        query: legacyQuery,
        summary: 'Downloads a file under another name without authentication, if a setting allows it',
        response: { 200: STORED_BYTES },
        errors: mediaErrors,
        handler: (context) => {
          if (!isServed) throw frozen()
          return download(deps, { ...context.params, query: context.query, context })
        },
      }),
    ]
  })
}

type Download = {
  serverName: string
  mediaId: string
  fileName?: string
  query: { timeout_ms?: number | undefined }
  context: { readonly signal: AbortSignal }
}

async function download(deps: MediaDeps, { serverName, mediaId, fileName, query, context }: Download) {
  const found = await findMedia(deps, {
    serverName,
    mediaId,
    timeoutMs: waitOf(query),
    signal: () => context.signal,
  })
  await checkBlob(deps, found)
  const filename = fileName ?? found.filename
  return mediaResponse(deps, {
    blobKey: found.blobKey,
    size: found.size,
    etag: found.contentHash,
    contentType: found.contentType,
    filename,
  })
}
