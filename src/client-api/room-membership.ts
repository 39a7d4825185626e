import { z } from 'zod'
import { client, defineRoute, type Route } from '../http/route.ts'
import { roomIdSchema, userIdSchema } from '../http/schema.ts'
import { invalidParam } from '../lib/errors.ts'
import { isRoomAlias, isRoomId, type RoomId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'
import { resolveAlias } from '../rooms/aliases.ts'
import type { RoomDeps } from '../rooms/deps.ts'
import {
  banUser,
  forgetRoom,
  inviteUser,
  joinedRooms,
  joinRoom,
  kickUser,
  knockOnRoom,
  leaveRoom,
  unbanUser,
} from '../rooms/membership.ts'

const roomParams = z.object({ roomId: roomIdSchema })
const ownBody = z.object({ reason: z.string().optional() })
const aboutBody = z.object({ user_id: userIdSchema, reason: z.string().optional() })

/** Joining, knocking, leaving, inviting, and the rest of "Room membership" (client-server API). */
export function roomMembershipRoutes(deps: RoomDeps): Route[] {
  return [...joining(deps), ...leaving(deps), ...aboutOthers(deps)]
}

function joining(deps: RoomDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: client('/join/:roomIdOrAlias'),
      auth: 'user',
      limit: 'send',
      body: ownBody,
      async handler({ requester, params, body }) {
        const roomId = await namedRoom(deps.db, params.roomIdOrAlias)
        await joinRoom(deps, { roomId, userId: requester.userId, reason: body.reason })
        return { room_id: roomId }
      },
    }),
    defineRoute({
      method: 'POST',
      path: client('/rooms/:roomId/join'),
      auth: 'user',
      limit: 'send',
      params: roomParams,
      body: ownBody,
      async handler({ requester, params: { roomId }, body }) {
        await joinRoom(deps, { roomId, userId: requester.userId, reason: body.reason })
        return { room_id: roomId }
      },
    }),
    defineRoute({
      method: 'POST',
      path: client('/knock/:roomIdOrAlias'),
      auth: 'user',
      limit: 'send',
      body: ownBody,
      async handler({ requester, params, body }) {
        const roomId = await namedRoom(deps.db, params.roomIdOrAlias)
        await knockOnRoom(deps, { roomId, userId: requester.userId, reason: body.reason })
        return { room_id: roomId }
      },
    }),
    defineRoute({
      method: 'GET',
      path: client('/joined_rooms'),
      auth: 'user',
      limit: 'default',
      handler: async ({ requester }) => ({ joined_rooms: await joinedRooms(deps, requester.userId) }),
    }),
  ]
}

async function namedRoom(q: Queries, idOrAlias: string): Promise<RoomId> {
  if (isRoomId(idOrAlias)) return idOrAlias
  if (isRoomAlias(idOrAlias)) return resolveAlias(q, idOrAlias)
  throw invalidParam('Expected a room id, such as !opaque:server, or an alias, such as #name:server')
}

function leaving(deps: RoomDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: client('/rooms/:roomId/leave'),
      auth: 'user',
      limit: 'send',
      params: roomParams,
      body: ownBody,
      async handler({ requester, params: { roomId }, body }) {
        await leaveRoom(deps, { roomId, userId: requester.userId, reason: body.reason })
        return {}
      },
    }),
    defineRoute({
      method: 'POST',
      path: client('/rooms/:roomId/forget'),
      auth: 'user',
      limit: 'default',
      params: roomParams,
      async handler({ requester, params: { roomId } }) {
        await forgetRoom(deps, { roomId, userId: requester.userId })
        return {}
      },
    }),
  ]
}

/** The four have the same shape: somebody, and why. */
function aboutOthers(deps: RoomDeps): Route[] {
  const actions = { invite: inviteUser, kick: kickUser, ban: banUser, unban: unbanUser }
  return Object.entries(actions).map(([name, act]) =>
    defineRoute({
      method: 'POST',
      path: client(`/rooms/:roomId/${name}` as `/rooms/:roomId/${string}`),
      auth: 'user',
      limit: 'send',
      params: roomParams,
      body: aboutBody,
      async handler({ requester, params: { roomId }, body }) {
        await act(deps, { roomId, sender: requester.userId, target: body.user_id, reason: body.reason })
        return {}
      },
    }),
  )
}
