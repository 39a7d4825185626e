import { z } from 'zod'
import { client, defineRoute, type Route } from '../http/route.ts'
import { roomAliasSchema, roomIdSchema } from '../http/schema.ts'
import { addAlias, listAliases, removeAlias, resolveAlias } from '../rooms/aliases.ts'
import type { RoomDeps } from '../rooms/deps.ts'

const aliasParams = z.object({ roomAlias: roomAliasSchema })

/** Room aliases (client-server API, "Room aliases"). */
export function directoryRoutes(deps: RoomDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/directory/room/:roomAlias'),
      auth: 'none',
      limit: 'default',
      params: aliasParams,
      handler: async ({ params }) => ({
        room_id: await resolveAlias(deps.db, params.roomAlias),
        servers: [deps.serverName],
      }),
    }),
    defineRoute({
      method: 'PUT',
      path: client('/directory/room/:roomAlias'),
      auth: 'user',
      limit: 'send',
      params: aliasParams,
      body: z.object({ room_id: roomIdSchema }),
      async handler({ requester, params, body }) {
        await addAlias(deps, { alias: params.roomAlias, roomId: body.room_id, userId: requester.userId })
        return {}
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: client('/directory/room/:roomAlias'),
      auth: 'user',
      limit: 'send',
      params: aliasParams,
      async handler({ requester, params }) {
        await removeAlias(deps, params.roomAlias, requester.userId)
        return {}
      },
    }),
    defineRoute({
      method: 'GET',
      path: client('/rooms/:roomId/aliases'),
      auth: 'user',
      limit: 'default',
      params: z.object({ roomId: roomIdSchema }),
      handler: async ({ requester, params }) => ({
        aliases: await listAliases(deps.db, params.roomId, requester.userId),
      }),
    }),
  ]
}
