import { z } from 'zod'
import { client, defineRoute, type Route } from '../http/route.ts'
import { jsonObject, userIdSchema } from '../http/schema.ts'
import { forbidden } from '../lib/errors.ts'
import { createRoom } from '../rooms/create-room.ts'
import type { RoomDeps } from '../rooms/deps.ts'
import { roomIdResponse } from './room-response.ts'

const stateEvent = z.object({ type: z.string(), state_key: z.string().optional(), content: jsonObject })

const createBody = z.object({
  preset: z.enum(['private_chat', 'trusted_private_chat', 'public_chat']).optional(),
  visibility: z.enum(['public', 'private']).optional(),
  name: z.string().optional(),
  topic: z.string().optional(),
  room_alias_name: z.string().optional(),
  invite: z.array(userIdSchema).optional(),
  invite_3pid: z.array(z.unknown()).optional(),
  initial_state: z.array(stateEvent).optional(),
  is_direct: z.boolean().optional(),
  power_level_content_override: jsonObject.optional(),
  creation_content: jsonObject.optional(),
  room_version: z.string().optional(),
})

/** `POST /createRoom` (client-server API, "Creation"). */
export function createRoomRoutes(deps: RoomDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: client('/createRoom'),
      auth: 'user',
      openTo: 'active',
      limit: 'send',
      body: createBody,
      summary: 'Creates a room',
      response: { 200: roomIdResponse },
      errors: {
        400: ['M_UNSUPPORTED_ROOM_VERSION', 'M_ROOM_IN_USE', 'M_INVALID_ROOM_STATE', 'M_BAD_ALIAS'],
        403: ['M_FORBIDDEN', 'M_INVITE_BLOCKED'],
        404: ['M_NOT_FOUND'],
      },
      async handler({ requester, body }) {
        if (body.invite_3pid?.length)
          throw forbidden('Invitations by e-mail address or telephone number are not supported')
        return { room_id: await createRoom(deps, requester.userId, body) }
      },
    }),
  ]
}
