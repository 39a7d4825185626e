import { z } from 'zod'
import type { AccountDeps } from '../accounts/deps.ts'
import { devicesOfUser } from '../accounts/devices-store.ts'
import { named } from '../http/response.ts'
import { time, userId as userIdOf } from '../http/response-parts.ts'
import { client, defineRoute, type Requester, type Route } from '../http/route.ts'
import { userIdSchema } from '../http/schema.ts'
import { forbidden } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import { targetAccount } from './target.ts'

const params = z.object({ userId: userIdSchema })
const whois = named('Whois', () => {
  const connection = z.strictObject({ ip: z.string(), last_seen: time() })
  const session = z.strictObject({ connections: z.array(connection) })
  return z.strictObject({
    user_id: userIdOf(),
    devices: z.record(z.string(), z.strictObject({ sessions: z.array(session) })),
  })
})

/**
 * `GET /admin/whois/{userId}` (client-server API, "Server Administration"), and the path under which Synapse
 * has it too.
 */
export function whoisRoutes(deps: AccountDeps): Route[] {
  return [client('/admin/whois/:userId'), '/_synapse/admin/v1/whois/:userId' as const].map((path) =>
    defineRoute({
      method: 'GET',
      path,
      auth: 'user',
      limit: 'default',
      params,
      summary: 'The devices of a user with the address and the time of their last request',
      response: { 200: whois },
      errors: { 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] },
      handler: ({ requester, params: { userId } }) => whoIs(deps, requester, userId),
    }),
  )
}

/** @throws MatrixError 403 unless it is the requester or the requester is an administrator; 400, 404 */
async function whoIs(deps: AccountDeps, requester: Requester, userId: UserId) {
  if (!requester.isAdmin && requester.userId !== userId)
    throw forbidden('Only an administrator may ask about another user')
  await targetAccount(deps, userId)
  const devices = await deps.db.all(devicesOfUser, { userId })
  const shown = devices.map(({ device_id: deviceId, last_seen_ip: ip, last_seen_ts: at }) => {
    const connections = ip === null || at === null ? [] : [{ ip, last_seen: at }]
    return [deviceId, { sessions: [{ connections }] }] as const
  })
  return { user_id: userId, devices: Object.fromEntries(shown) }
}
