import { defineRoute, type Route } from '../http/route.ts'
import { notFound } from '../lib/errors.ts'

/** `GET /.well-known/matrix/client` (client-server API, "Server Discovery"): 404 unless the public URL is configured. */
export function wellKnownRoutes({ publicUrl }: { publicUrl: string | undefined }): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/.well-known/matrix/client',
      auth: 'none',
      limit: 'default',
      handler() {
        if (publicUrl === undefined) throw notFound('This server has no public URL configured')
        return serverDiscovery(publicUrl)
      },
    }),
  ]
}

export function serverDiscovery(publicUrl: string) {
  return { 'm.homeserver': { base_url: publicUrl } }
}
