import { z } from 'zod'
import { client, defineRoute, type Route } from '../http/route.ts'
import { roomIdSchema, userIdSchema } from '../http/schema.ts'
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
import { once } from '../lib/once.ts'
import { roomIdOf } from './room-id-or-alias.ts'
import { roomIdResponse } from './room-response.ts'
import { nothing, roomId } from '../http/response-parts.ts'

const roomParams = z.object({ roomId: roomIdSchema })
const ownBody = z.object({ reason: z.string().optional() })
const targetBody = z.object({ user_id: userIdSchema, reason: z.string().optional() })

const joinedRoomsSchema = once(() => z.strictObject({ joined_rooms: z.array(roomId()) }))

/** Joining, knocking, leaving, inviting and the other endpoints of "Room membership" (client-server API). */
export function roomMembershipRoutes(deps: RoomDeps): Route[] {
  return [...joining(deps), joinedRoomsRoute(deps), ...leaving(deps), ...moderation(deps)]
}

function joining(deps: RoomDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: client('/join/:roomIdOrAlias'),
      auth: 'user',
      openTo: 'active',
      limit: 'send',
      body: ownBody,
      summary: 'Joins a room, by its id or an alias',
      response: { 200: roomIdResponse },
      errors: { 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] },
      async handler({ requester, params, body }) {
        const roomId = await roomIdOf(deps.db, params.roomIdOrAlias)
        await joinRoom(deps, { roomId, userId: requester.userId, reason: body.reason })
        return { room_id: roomId }
      },
    }),
    defineRoute({
      method: 'POST',
      path: client('/rooms/:roomId/join'),
      auth: 'user',
      openTo: 'active',
      limit: 'send',
      params: roomParams,
      body: ownBody,
      summary: 'Joins a room',
      response: { 200: roomIdResponse },
      errors: { 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] },
      async handler({ requester, params: { roomId }, body }) {
        await joinRoom(deps, { roomId, userId: requester.userId, reason: body.reason })
        return { room_id: roomId }
      },
    }),
    defineRoute({
      method: 'POST',
      path: client('/knock/:roomIdOrAlias'),
      auth: 'user',
      openTo: 'active',
      limit: 'send',
      body: ownBody,
      summary: 'Knocks on a room',
      response: { 200: roomIdResponse },
      errors: { 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] },
      async handler({ requester, params, body }) {
        const roomId = await roomIdOf(deps.db, params.roomIdOrAlias)
        await knockOnRoom(deps, { roomId, userId: requester.userId, reason: body.reason })
        return { room_id: roomId }
      },
    }),
  ]
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
      summary: 'Leaves a room, or rejects an invitation',
      response: { 200: nothing },
      errors: { 403: ['M_FORBIDDEN'] },
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
      summary: 'Forgets a room that you have left',
      response: { 200: nothing },
      errors: { 400: ['M_UNKNOWN'], 404: ['M_NOT_FOUND'] },
      async handler({ requester, params: { roomId } }) {
        await forgetRoom(deps, { roomId, userId: requester.userId })
        return {}
      },
    }),
  ]
}

function joinedRoomsRoute(deps: RoomDeps): Route {
  return defineRoute({
    method: 'GET',
    path: client('/joined_rooms'),
    auth: 'user',
    limit: 'default',
    summary: 'The rooms that you have joined',
    response: { 200: joinedRoomsSchema },
    handler: async ({ requester }) => ({ joined_rooms: await joinedRooms(deps, requester.userId) }),
  })
}

/** The four endpoints have the same body: a user and an optional reason. */
function moderation(deps: RoomDeps): Route[] {
  const actions = {
    invite: { act: inviteUser, summary: 'Invites a user to a room' },
    kick: { act: kickUser, summary: 'Removes a user from a room' },
    ban: { act: banUser, summary: 'Bans a user from a room' },
    unban: { act: unbanUser, summary: 'Ends the ban of a user' },
  }
  return Object.entries(actions).map(([name, { act, summary }]) =>
    defineRoute({
      method: 'POST',
      path: client(`/rooms/:roomId/${name}` as `/rooms/:roomId/${string}`),
      auth: 'user',
      openTo: 'active',
      limit: 'send',
      params: roomParams,
      body: targetBody,
      summary,
      response: { 200: nothing },
      errors:
        name === 'invite'
          ? { 403: ['M_FORBIDDEN', 'M_INVITE_BLOCKED'], 404: ['M_NOT_FOUND'] }
          : { 403: ['M_FORBIDDEN'] },
      async handler({ requester, params: { roomId }, body }) {
        await act(deps, { roomId, sender: requester.userId, target: body.user_id, reason: body.reason })
        return {}
      },
    }),
  )
}
