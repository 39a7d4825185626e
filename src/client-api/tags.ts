import { z } from 'zod'
import type { AccountDeps } from '../accounts/deps.ts'
import { removeTag, setTag, tagsOf } from '../accounts/tags.ts'
import { nothing } from '../http/response-parts.ts'
import { uncheckedJson } from '../http/response.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { jsonObject, roomIdSchema, userIdSchema } from '../http/schema.ts'
import { once } from '../lib/once.ts'
import { checkOwn } from './own-user.ts'

const room = z.object({ userId: userIdSchema, roomId: roomIdSchema })
const tag = room.extend({ tag: z.string() })

const tagsSchema = once(() => {
  const content = z.looseObject({
    order: z.number().describe('From 0 to 1: the place of the room under this tag').optional(),
  })
  return z.strictObject({ tags: z.record(z.string(), content) })
})

/** `/user/{userId}/rooms/{roomId}/tags` (client-server API, "Room Tagging"). */
export function tagRoutes(deps: Pick<AccountDeps, 'db' | 'bus' | 'quotas' | 'onRulesChanged'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/user/:userId/rooms/:roomId/tags'),
      auth: 'user',
      limit: 'default',
      params: room,
      summary: 'The tags of a room',
      response: { 200: uncheckedJson(tagsSchema) },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ requester, params }) {
        checkOwn(requester, params.userId)
        return { tags: await tagsOf(deps.db, params) }
      },
    }),
    defineRoute({
      method: 'PUT',
      path: client('/user/:userId/rooms/:roomId/tags/:tag'),
      auth: 'user',
      limit: 'default',
      params: tag,
      body: jsonObject,
      summary: 'Adds a tag to a room, or changes its order',
      response: { 200: nothing },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ requester, params, body }) {
        checkOwn(requester, params.userId)
        await setTag(deps, params, body)
        return {}
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: client('/user/:userId/rooms/:roomId/tags/:tag'),
      auth: 'user',
      limit: 'default',
      params: tag,
      summary: 'Removes a tag from a room',
      response: { 200: nothing },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ requester, params }) {
        checkOwn(requester, params.userId)
        await removeTag(deps, params)
        return {}
      },
    }),
  ]
}
