import { z } from 'zod'
import { roomId } from '../http/response-parts.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { userIdSchema } from '../http/schema.ts'
import { invalidParam } from '../lib/errors.ts'
import { isRoomId } from '../lib/ids.ts'
import { once } from '../lib/once.ts'
import { mutualRooms } from '../rooms/mutual-rooms.ts'
import type { Database } from '../storage/database.ts'

const mutualSchema = once(() =>
  z.strictObject({
    joined: z.array(roomId()),
    count: z.int().min(0).describe('The number of mutual rooms, also of those on other pages'),
    next_batch: z.string().describe('The `from` of the next page; absent on the last one').optional(),
  }),
)

/** `GET /mutual_rooms` (client-server API, "Mutual Rooms"). */
export function mutualRoomRoutes({ db }: { db: Database }): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/_matrix/client/v1/mutual_rooms',
      auth: 'user',
      limit: 'default',
      query: z.object({ user_id: userIdSchema, from: z.string().max(1000).optional() }),
      summary: 'The rooms that you share with another user',
      response: { 200: mutualSchema },
      async handler({ requester: { userId }, query: { user_id: other, from } }) {
        if (other === userId) throw invalidParam('user_id must be the id of another user')
        const found = await mutualRooms(db, { userId, other, after: from === undefined ? '' : roomIn(from) })
        return {
          joined: [...found.joined],
          count: found.count,
          ...(found.end !== undefined && { next_batch: Buffer.from(found.end).toString('base64url') }),
        }
      },
    }),
  ]
}

function roomIn(from: string): string {
  const id = Buffer.from(from, 'base64url').toString()
  if (!isRoomId(id)) throw invalidParam('from must be the next_batch of an earlier page')
  return id
}
