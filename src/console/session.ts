import { z } from 'zod'
import { CONSOLE_COOKIES } from '../http/console-cookie.ts'
import { named } from '../http/response.ts'
import { userId } from '../http/response-parts.ts'
import { defineRoute, reply, type Route } from '../http/route.ts'
import { CONSOLE_PATH } from '../lib/console-links.ts'
import { missingToken } from '../lib/errors.ts'
import { once } from '../lib/once.ts'
import type { Requester } from '../lib/requester.ts'
import { VERSION } from '../lib/version.ts'

const path = `${CONSOLE_PATH}/session`

const body = z.object({ scheme: z.enum(['https', 'http']) })

const consoleSession = named('ConsoleSession', () =>
  z.strictObject({
    user_id: userId(),
    device_id: z.string(),
    is_admin: z.boolean(),
    server_name: z.string(),
    version: z.string().describe('The version of Belfry'),
  }),
)
const empty = once(() => z.strictObject({}))

/**
 * The session of a browser. The cookie contains an access token, so that it ends with the token. Scripts
 * cannot read it. It counts only with the header of `http/console-cookie.ts`.
 */
export function sessionRoutes({ serverName }: { serverName: string }): Route[] {
  const shown = (requester: Requester) => ({
    user_id: requester.userId,
    device_id: requester.deviceId,
    is_admin: requester.isAdmin,
    server_name: serverName,
    version: VERSION,
  })
  return [
    defineRoute({
      method: 'GET',
      path,
      auth: 'user',
      limit: 'default',
      summary: 'The user of the session of the web console',
      response: { 200: consoleSession },
      handler: ({ requester }) => reply(200, shown(requester), NOT_STORED),
    }),
    defineRoute({
      method: 'POST',
      path,
      auth: 'user',
      limit: 'login',
      body,
      summary: 'Starts a session of the web console with the access token in the header',
      response: { 200: consoleSession },
      handler({ requester, bearerToken, body: { scheme } }) {
        if (bearerToken === undefined) throw missingToken()
        const cookie = cookieOf(scheme, bearerToken)
        return reply(200, shown(requester), { ...NOT_STORED, 'set-cookie': cookie })
      },
    }),
    defineRoute({
      method: 'DELETE',
      path,
      // Removes a cookie of the sender only, and must also work when the token has ended.
      auth: 'none',
      limit: 'default',
      query: z.object({ scheme: z.enum(['https', 'http']) }),
      summary: 'Ends the session of the web console, but not its access token',
      response: { 200: empty },
      handler: ({ query: { scheme } }) =>
        reply(200, {}, { ...NOT_STORED, 'set-cookie': `${cookieOf(scheme, '')}; Max-Age=0` }),
    }),
  ]
}

const NOT_STORED = { 'cache-control': 'no-store' }

/** Until the browser closes. The prefix `__Host-` needs the path `/`. */
function cookieOf(scheme: keyof typeof CONSOLE_COOKIES, token: string): string {
  const secure = scheme === 'https' ? '; Secure' : ''
  return `${CONSOLE_COOKIES[scheme]}=${token}; Path=/; HttpOnly; SameSite=Strict${secure}`
}
