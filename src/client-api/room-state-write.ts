import { z } from 'zod'
import { client, defineRoute, type Route } from '../http/route.ts'
import { jsonObject, roomIdSchema } from '../http/schema.ts'
import { userSuspended } from '../lib/errors.ts'
import type { RoomDeps } from '../rooms/deps.ts'
import { sendState, type StateChange } from '../rooms/send-event.ts'
import { sentEvent } from './event-response.ts'

const params = z.object({ roomId: roomIdSchema, eventType: z.string(), stateKey: z.string().default('') })

/** An empty state key may be omitted, with or without the slash before it. */
const SUFFIXES = [
  '/rooms/:roomId/state/:eventType',
  '/rooms/:roomId/state/:eventType/',
  '/rooms/:roomId/state/:eventType/:stateKey',
] as const

/** `PUT /rooms/{roomId}/state/{eventType}/{stateKey}` (client-server API, "Sending events to a room"). */
export function roomStateWriteRoutes(deps: RoomDeps): Route[] {
  return SUFFIXES.map((suffix) =>
    defineRoute({
      method: 'PUT',
      path: client(suffix),
      auth: 'user',
      limit: 'send',
      params,
      body: jsonObject,
      summary: 'Sends a state event',
      response: { 200: sentEvent },
      errors: {
        400: ['M_BAD_ALIAS'],
        403: ['M_FORBIDDEN', 'M_INVITE_BLOCKED', 'M_USER_SUSPENDED'],
        404: ['M_NOT_FOUND'],
      },
      async handler({ requester, params: { roomId, eventType, stateKey }, body }) {
        const change = { roomId, sender: requester.userId, type: eventType, stateKey, content: body }
        if (requester.restriction === 'suspended' && !isOwnLeave(change)) throw userSuspended()
        return { event_id: await sendState(deps, change) }
      },
    }),
  )
}

/** A suspended user may leave a room and reject an invitation. */
const isOwnLeave = ({ type, stateKey, sender, content }: StateChange) =>
  type === 'm.room.member' && stateKey === sender && content['membership'] === 'leave'
