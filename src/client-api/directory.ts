import { z } from 'zod'
import { client, defineRoute, type Route } from '../http/route.ts'
import { roomAliasSchema, roomIdSchema } from '../http/schema.ts'
import { addAlias, listAliases, removeAlias, resolveAlias } from '../rooms/aliases.ts'
import type { RoomDeps } from '../rooms/deps.ts'
import { once } from '../lib/once.ts'
import { nothing, roomAlias, roomId } from '../http/response-parts.ts'

const aliasParams = z.object({ roomAlias: roomAliasSchema })

const resolved = once(() =>
  z.strictObject({ room_id: roomId(), servers: z.array(z.string().describe('A server name')) }),
)
const aliases = once(() => z.strictObject({ aliases: z.array(roomAlias()) }))

/** Room aliases (client-server API, "Room aliases"). */
export function directoryRoutes(deps: RoomDeps): Route[] {
  return [...readingRoutes(deps), ...writingRoutes(deps)]
}

function writingRoutes(deps: RoomDeps): Route[] {
  return [
    defineRoute({
      method: 'PUT',
      path: client('/directory/room/:roomAlias'),
      auth: 'user',
      openTo: 'active',
      limit: 'send',
      params: aliasParams,
      body: z.object({ room_id: roomIdSchema }),
      summary: 'Creates an alias of a room',
      response: { 200: nothing },
      errors: { 403: ['M_FORBIDDEN'], 409: ['M_UNKNOWN'] },
      async handler({ requester, params, body }) {
        await addAlias(deps, { alias: params.roomAlias, roomId: body.room_id, userId: requester.userId })
        return {}
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: client('/directory/room/:roomAlias'),
      auth: 'user',
      openTo: 'active',
      limit: 'send',
      params: aliasParams,
      summary: 'Removes an alias',
      response: { 200: nothing },
      errors: { 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] },
      async handler({ requester, params }) {
        await removeAlias(deps, params.roomAlias, requester.userId)
        return {}
      },
    }),
  ]
}

function readingRoutes(deps: RoomDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/directory/room/:roomAlias'),
      auth: 'none',
      limit: 'default',
      params: aliasParams,
      summary: 'The room of an alias',
      response: { 200: resolved },
      errors: { 404: ['M_NOT_FOUND'] },
      handler: async ({ params }) => ({
        room_id: await resolveAlias(deps.db, params.roomAlias),
        servers: [deps.serverName],
      }),
    }),
    defineRoute({
      method: 'GET',
      path: client('/rooms/:roomId/aliases'),
      auth: 'user',
      limit: 'default',
      params: z.object({ roomId: roomIdSchema }),
      summary: 'The aliases of a room',
      response: { 200: aliases },
      errors: { 403: ['M_FORBIDDEN'] },
      handler: async ({ requester, params }) => ({
        aliases: await listAliases(deps.db, params.roomId, requester.userId),
      }),
    }),
  ]
}
