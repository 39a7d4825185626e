import { gzipSync } from 'node:zlib'
import type { NamedConfig } from '../config/schema.ts'
import { content } from '../http/content.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { notFound } from '../lib/errors.ts'
import { CONSOLE_PATH } from '../lib/console-links.ts'
import { once } from '../lib/once.ts'
import { type PageAsset, readAssets } from './assets.ts'
import { sessionRoutes } from './session.ts'
import { FILE_HEADERS, shell } from './shell.ts'

const HTML = { mediaType: 'text/html' }
/** A service worker has a policy of its own. */
const WORKER_HEADERS = { 'content-security-policy': `default-src 'none'; connect-src 'self'` }
const A_YEAR = 'public, max-age=31536000, immutable'

/** The form to sign in offers to create an account if registration is open, or needs a registration token. */
export type ConsolePageConfig = Pick<
  NamedConfig,
  'console' | 'server_name' | 'open_registration' | 'registration'
>

/**
 * The files of the web console and its session, unless the setting `console` is off. The files are read with
 * the first request, because they would slow down the start of the server.
 */
export function consolePageRoutes(config: ConsolePageConfig): Route[] {
  if (!config.console) return []
  const assets = once(readAssets)
  const document = once(() => {
    const { html, headers } = shell(assets(), {
      registration: config.registration.requires_token
        ? 'token'
        : config.open_registration
          ? 'open'
          : 'closed',
    })
    return { bytes: gzipSync(html, { level: 9 }), headers: { ...headers, 'content-encoding': 'gzip' } }
  })
  return [
    ...screenRoutes(document),
    ...assetRoutes(assets),
    ...sessionRoutes({ serverName: config.server_name }),
  ]
}

/** All screens have one document: its script reads the URL. */
function screenRoutes(document: () => { bytes: Buffer; headers: Record<string, string> }): Route[] {
  const paths = [CONSOLE_PATH, `${CONSOLE_PATH}/`, `${CONSOLE_PATH}/:screen`, `${CONSOLE_PATH}/:screen/:item`]
  return paths.map((path) =>
    defineRoute({
      method: 'GET',
      path,
      auth: 'none',
      limit: 'default',
      summary: 'The page of the web console',
      response: { 200: HTML },
      handler() {
        const { bytes, headers } = document()
        return content(200, {
          data: bytes,
          type: 'text/html; charset=utf-8',
          cacheControl: 'no-cache',
          headers,
        })
      },
    }),
  )
}

function assetRoutes(assets: () => ReturnType<typeof readAssets>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: `${CONSOLE_PATH}/assets/:name`,
      auth: 'none',
      limit: 'default',
      summary: 'A file of the web console, compressed with gzip',
      response: { 200: { mediaType: '*/*' } },
      errors: { 404: ['M_NOT_FOUND'] },
      handler({ params: { name } }) {
        const asset = assets().byName.get(name)
        // A page that was open during an upgrade asks for files of the old version.
        if (asset === undefined) throw notFound('There is no such file; reload the page')
        return file(asset, A_YEAR)
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${CONSOLE_PATH}/worker.js`,
      auth: 'none',
      limit: 'default',
      summary: 'The service worker of the web console, which shows notifications',
      response: { 200: { mediaType: 'text/javascript' } },
      handler: () => file(assets().worker, 'no-cache', WORKER_HEADERS),
    }),
  ]
}

/** Every browser accepts gzip, so there is no other form. */
function file({ bytes, type }: PageAsset, cacheControl: string, headers: Record<string, string> = {}) {
  return content(200, {
    data: bytes,
    type,
    cacheControl,
    headers: { ...FILE_HEADERS, ...headers, 'content-encoding': 'gzip' },
  })
}
