import { z } from 'zod'
import { roomIdSchema, userIdSchema } from '../http/schema.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { forbidden } from '../lib/errors.ts'
import { requireJoined } from '../rooms/access.ts'
import { MAX_TYPING_MS, type Typing } from '../rooms/typing.ts'
import type { Queries } from '../storage/query.ts'
import { nothing } from '../http/response-parts.ts'

const DEFAULT_TYPING_MS = 30_000

/** `PUT /rooms/{roomId}/typing/{userId}` (client-server API, "Typing Notifications"). */
export function typingRoutes(deps: { db: Queries; typing: Typing }): Route[] {
  return [
    defineRoute({
      method: 'PUT',
      path: client('/rooms/:roomId/typing/:userId'),
      auth: 'user',
      openTo: 'active',
      limit: 'default',
      params: z.object({ roomId: roomIdSchema, userId: userIdSchema }),
      body: z.object({ typing: z.boolean(), timeout: z.number().min(0).optional() }),
      summary: 'Starts or ends your typing notification',
      response: { 200: nothing },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ params: { roomId, userId }, body, requester }) {
        if (userId !== requester.userId) throw forbidden('You can only set your own typing notification')
        await requireJoined(deps.db, userId, roomId)
        const ms = Math.min(body.timeout ?? DEFAULT_TYPING_MS, MAX_TYPING_MS)
        if (body.typing) deps.typing.start(roomId, userId, ms)
        else deps.typing.stop(roomId, userId)
        return {}
      },
    }),
  ]
}
