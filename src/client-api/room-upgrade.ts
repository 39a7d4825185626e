import { z } from 'zod'
import { roomId } from '../http/response-parts.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { roomIdSchema, userIdSchema } from '../http/schema.ts'
import { once } from '../lib/once.ts'
import type { RoomDeps } from '../rooms/deps.ts'
import { upgradeRoom } from '../rooms/upgrade-room.ts'

const upgradeBody = z.object({
  new_version: z.string(),
  additional_creators: z.array(userIdSchema).max(100).optional(),
})
const replacement = once(() => z.strictObject({ replacement_room: roomId() }))

/** `POST /rooms/{roomId}/upgrade` (client-server API, "Room Upgrades"). */
export function roomUpgradeRoutes(deps: RoomDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: client('/rooms/:roomId/upgrade'),
      auth: 'user',
      openTo: 'active',
      limit: 'send',
      params: z.object({ roomId: roomIdSchema }),
      body: upgradeBody,
      summary: 'Replaces a room by a new one of another version',
      response: { 200: replacement },
      errors: {
        400: ['M_UNSUPPORTED_ROOM_VERSION', 'M_INVALID_ROOM_STATE'],
        403: ['M_FORBIDDEN'],
        404: ['M_NOT_FOUND'],
      },
      async handler({ requester: { userId }, params: { roomId: old }, body }) {
        const { new_version: newVersion, additional_creators: additionalCreators } = body
        const room = await upgradeRoom(deps, { roomId: old, userId, newVersion, additionalCreators })
        return { replacement_room: room }
      },
    }),
  ]
}
