import { z } from 'zod'
import { named } from '../../http/response.ts'
import { userId as userIdOf } from '../../http/response-parts.ts'
import type { Route } from '../../http/route.ts'
import { invalidParam, notFound } from '../../lib/errors.ts'
import { isRoomId, type RoomId } from '../../lib/ids.ts'
import { once } from '../../lib/once.ts'
import type { RoomDeps } from '../../rooms/deps.ts'
import { removalOfRoom } from '../../rooms/removal/removal-store.ts'
import { closeRoom, removeNextParts } from '../../rooms/removal/remove-room.ts'
import { defineAdminRoute } from '../admin-route.ts'
import { requireRoom } from './rooms.ts'

const deletion = once(() => z.strictObject({ delete_id: z.string() }))
const status = named('AdminRoomDeletion', () =>
  z.strictObject({
    delete_id: z.string(),
    room_id: z.string(),
    status: z.enum(['active', 'complete']),
    shutdown_room: z.strictObject({
      kicked_users: z.array(userIdOf()),
      failed_to_kick_users: z.array(userIdOf()),
      local_aliases: z.array(z.string()),
      new_room_id: z.null(),
    }),
  }),
)
const statuses = once(() => z.strictObject({ results: z.array(status()) }))
const block = once(() => z.strictObject({ block: z.boolean() }))

const wanted = z.object({
  block: z.boolean().default(false),
  purge: z.boolean().default(true),
  force_purge: z.boolean().default(false),
  new_room_user_id: z.string().optional(),
  message: z.string().optional(),
})

/** The removal of rooms in Synapse's admin API: a room that is deleted here is always closed for good. */
export function roomRemovalRoutes(deps: RoomDeps): Route[] {
  return [deleteRoute(deps), ...statusRoutes(deps), blockRoute(deps)]
}

function deleteRoute(deps: RoomDeps): Route {
  return defineAdminRoute({
    method: 'DELETE',
    path: '/_synapse/admin/v2/rooms/:roomId',
    body: wanted,
    summary: 'Shuts a room down, and deletes it unless purge is false',
    response: { 200: deletion },
    async handler({ requester, params: { roomId }, body, log }) {
      if (body.new_room_user_id !== undefined)
        throw invalidParam('new_room_user_id: this server creates no room that replaces the deleted one')
      await closeRoom(deps, roomId, body.purge || body.force_purge ? 'purging' : 'shutting down')
      // The first step at once; the sweep makes the others.
      await removeNextParts(deps)
      log.info(
        { room_id: roomId, by: requester.userId, purge: body.purge },
        'an administrator removes a room',
      )
      return { delete_id: idOf(roomId) }
    },
  })
}

/** A room is deleted once, so its id names the deletion. */
const idOf = (roomId: RoomId) => Buffer.from(roomId).toString('base64url')

function roomOf(deleteId: string): RoomId {
  const roomId = Buffer.from(deleteId, 'base64url').toString()
  if (!isRoomId(roomId)) throw notFound('There is no deletion with this id')
  return roomId
}

async function statusOf({ db }: RoomDeps, roomId: RoomId) {
  const row = await db.first(removalOfRoom, { roomId })
  const isActive = row?.removal === 'shutting down' || row?.removal === 'purging'
  const none = { kicked_users: [], failed_to_kick_users: [], local_aliases: [], new_room_id: null }
  return {
    isKnown: row === undefined || row.removal !== null,
    result: {
      delete_id: idOf(roomId),
      room_id: roomId,
      status: isActive ? ('active' as const) : ('complete' as const),
      shutdown_room: none,
    },
  }
}

function statusRoutes(deps: RoomDeps): Route[] {
  const known = async (roomId: RoomId) => {
    const { isKnown, result } = await statusOf(deps, roomId)
    if (!isKnown) throw notFound(`The room ${roomId} is not being deleted`)
    return result
  }
  return [
    defineAdminRoute({
      method: 'GET',
      path: '/_synapse/admin/v2/rooms/:roomId/delete_status',
      summary: 'How far the removal of a room is; a room that does not exist counts as deleted',
      response: { 200: statuses },
      handler: async ({ params: { roomId } }) => ({ results: [await known(roomId)] }),
    }),
    defineAdminRoute({
      method: 'GET',
      path: '/_synapse/admin/v2/rooms/delete_status/:deleteId',
      summary: 'How far a removal of a room is',
      response: { 200: status },
      handler: ({ params: { deleteId } }) => known(roomOf(deleteId)),
    }),
  ]
}

function blockRoute(deps: RoomDeps): Route {
  return defineAdminRoute({
    method: 'GET',
    path: '/_synapse/admin/v1/rooms/:roomId/block',
    summary: 'Whether a room is shut down',
    response: { 200: block },
    async handler({ params: { roomId } }) {
      await requireRoom(deps.db, roomId)
      const row = await deps.db.first(removalOfRoom, { roomId })
      return { block: (row?.removal ?? null) !== null }
    },
  })
}
