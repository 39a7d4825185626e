import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { queryBoolean, queryInteger } from '../http/schema.ts'
import { notFound } from '../lib/errors.ts'
import { once } from '../lib/once.ts'
import type { MediaDeps } from '../media/deps.ts'
import { findMedia } from '../media/find-media.ts'
import { mediaResponse, STORED_BYTES } from './media-response.ts'
import { uploadRoutes } from './media-upload.ts'

const CONFIG_PATHS = [
  '/_matrix/client/v1/media/config',
  '/_matrix/media/v3/config',
  '/_matrix/media/r0/config',
] as const

const mediaConfig = once(() => z.strictObject({ 'm.upload.size': z.int().min(0).describe('In bytes') }))

const mediaParams = z.object({ serverName: z.string(), mediaId: z.string() })
const namedParams = mediaParams.extend({ fileName: z.string() })
/** A longer wait would exceed the timeouts of reverse proxies. */
const MAX_WAIT_MS = 60_000
const DEFAULT_WAIT_MS = 20_000
const waiting = {
  timeout_ms: queryInteger({ min: 0, max: Number.MAX_SAFE_INTEGER }).optional(),
}
const waitQuery = z.object(waiting)
/** Ignored: there are no media of other servers, and no response is a redirect. */
const legacyQuery = z.object({
  ...waiting,
  allow_remote: queryBoolean.optional(),
  allow_redirect: queryBoolean.optional(),
})

const errors = { 404: ['M_NOT_FOUND'], 502: ['M_UNKNOWN'], 504: ['M_NOT_YET_UPLOADED'] }

/** Client-server API, "Content repository". */
export function mediaRoutes(deps: MediaDeps): Route[] {
  return [...uploadRoutes(deps), ...configRoutes(deps), ...downloadRoutes(deps), ...legacyRoutes(deps)]
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
      errors,
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
      errors,
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
        errors,
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
        errors,
        handler: (context) => {
          if (!isServed) throw frozen()
          return download(deps, { ...context.params, query: context.query, context })
        },
      }),
    ]
  })
}

const frozen = () =>
  notFound('This server serves media with authentication only, at /_matrix/client/v1/media/download')

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
    timeoutMs: Math.min(query.timeout_ms ?? DEFAULT_WAIT_MS, MAX_WAIT_MS),
    signal: () => context.signal,
  })
  const filename = fileName ?? found.filename
  return mediaResponse(deps, {
    blobKey: found.blobKey,
    size: found.size,
    etag: found.contentHash,
    contentType: found.contentType,
    filename,
  })
}
