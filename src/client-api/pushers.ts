import { client, defineRoute, type Route } from '../http/route.ts'
import { jsonObject } from '../http/schema.ts'
import { listPushers } from '../pushers/list-pushers.ts'
import { parsePusherChange } from '../pushers/pusher-request.ts'
import { type PusherDeps, setPusher } from '../pushers/set-pusher.ts'

/** Client-server API, "Push Notifications": `POST /pushers/set` and `GET /pushers`. */
export function pusherRoutes(deps: PusherDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: client('/pushers/set'),
      auth: 'user',
      limit: 'default',
      body: jsonObject,
      async handler({ body, prefix, requester }) {
        const change = parsePusherChange(body, { handleRequired: prefix === 'api/v1' })
        await setPusher(deps, requester, change)
        return {}
      },
    }),
    defineRoute({
      method: 'GET',
      path: client('/pushers'),
      auth: 'user',
      limit: 'default',
      async handler({ requester }) {
        return { pushers: await listPushers(deps.db, requester.userId, deps.clock.now()) }
      },
    }),
  ]
}
