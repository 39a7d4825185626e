import { defineRoute, type Route } from '../http/route.ts'
import { notFound } from '../lib/errors.ts'
import { discoverySchema } from './account-response.ts'

export type Discovery = { publicUrl: string | undefined; allowEncryption: boolean }

/**
 * `GET /.well-known/matrix/client` (client-server API, "Server Discovery"): 404 unless the public URL is
 * configured.
 */
export function wellKnownRoutes({ publicUrl, allowEncryption }: Discovery): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/.well-known/matrix/client',
      auth: 'none',
      limit: 'default',
      summary: 'Server discovery: the base URL for clients',
      response: { 200: discoverySchema },
      errors: { 404: ['M_NOT_FOUND'] },
      handler() {
        if (publicUrl === undefined) throw notFound('The operator has not configured public_url')
        return serverDiscovery(publicUrl, { allowEncryption })
      },
    }),
  ]
}

/**
 * Element Web reads `io.element.e2ee`: with `force_disable` it creates no encrypted rooms. By default it
 * encrypts direct chats without asking the user.
 */
export function serverDiscovery(publicUrl: string, { allowEncryption }: Pick<Discovery, 'allowEncryption'>) {
  return {
    'm.homeserver': { base_url: publicUrl },
    ...(allowEncryption ? {} : { 'io.element.e2ee': { default: false, force_disable: true } }),
  }
}
