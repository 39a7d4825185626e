import { z } from 'zod'
import { client, defineRoute, reply, type Route } from '../http/route.ts'
import { eventIdSchema, jsonObject } from '../http/schema.ts'
import { missingParam } from '../lib/errors.ts'
import { activatePusher } from '../pushers/activate-pusher.ts'
import { listPushers } from '../pushers/list-pushers.ts'
import { parsePusherChange } from '../pushers/pusher-request.ts'
import { type PusherDeps, setPusher } from '../pushers/set-pusher.ts'
import type { Fetches } from '../trace/arrival/fetches.ts'
import { pushersSchema } from './pusher-response.ts'
import { nothing } from '../http/response-parts.ts'

/** `fetches`: confirmations prove that pushes arrived. */
type PusherRouteDeps = PusherDeps & { webPush?: boolean; fetches: Pick<Fetches, 'note'> }

/** Client-server API, "Push Notifications": `POST /pushers/set` and `GET /pushers`. */
export function pusherRoutes(deps: PusherRouteDeps): Route[] {
  const webPush = deps.webPush ?? false
  return [
    defineRoute({
      method: 'POST',
      path: client('/pushers/set'),
      auth: 'user',
      limit: 'default',
      body: jsonObject,
      summary: 'Sets or deletes a pusher; 201: the app must confirm it',
      response: { 200: nothing, 201: nothing },
      errors: { 400: ['M_THREEPID_NOT_FOUND'] },
      async handler({ body, prefix, requester }) {
        const change = parsePusherChange(body, { handleRequired: prefix === 'api/v1', webPush })
        const outcome = await setPusher(deps, requester, change)
        return outcome === 'needs activation' ? reply(201, {}) : {}
      },
    }),
    defineRoute({
      method: 'GET',
      path: client('/pushers'),
      auth: 'user',
      limit: 'default',
      summary: 'Your pushers',
      response: { 200: pushersSchema },
      async handler({ requester }) {
        return { pushers: await listPushers(deps.db, requester.userId, deps.clock.now()) }
      },
    }),
    ...(webPush ? ACK_PATHS.map((path) => ackRoute(deps, path)) : []),
  ]
}

/** The path of MSC4174 and the path of its drafts. */
const ACK_PATHS = [client('/pushers/ack'), '/_matrix/client/unstable/org.matrix.msc4174/pushers/ack']

const ack = z.object({
  app_id: z.string(),
  ack_token: z.string().optional(),
  'org.belfry.event_id': eventIdSchema.optional(),
})

/**
 * `POST /pushers/ack` (MSC4174): the app confirms that it received the token that was sent to its pusher.
 * With `org.belfry.event_id` it confirms that it received the push of an event.
 */
function ackRoute(deps: PusherRouteDeps, path: (typeof ACK_PATHS)[number]): Route {
  return defineRoute({
    method: 'POST',
    path,
    auth: 'user',
    limit: 'none',
    body: ack,
    summary: 'Confirms a pusher with the token that was sent to it, or the push of an event',
    response: { 200: nothing },
    errors: {
      400: ['M_EXPIRED_ACTIVATION_TOKEN', 'M_UNKNOWN_ACTIVATION_TOKEN'],
      404: ['M_NOT_FOUND'],
    },
    async handler({ body, requester: { userId, deviceId } }) {
      const { app_id: appId, ack_token: ackToken, 'org.belfry.event_id': eventId } = body
      if (ackToken === undefined && eventId === undefined) throw missingParam(['ack_token'])
      if (eventId !== undefined) deps.fetches.note({ userId, deviceId, eventId, isConfirmation: true })
      if (ackToken !== undefined) await activatePusher(deps, { userId, appId, ackToken })
      return {}
    },
  })
}
