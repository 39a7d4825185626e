import { z } from 'zod'
import { client, defineRoute, type Route } from '../http/route.ts'
import { eventIdSchema, roomIdSchema } from '../http/schema.ts'
import type { RoomDeps } from '../rooms/deps.ts'
import { redactEvent } from '../rooms/redact.ts'
import { txnIdSchema } from './transaction-id.ts'
import { sentEvent } from './event-response.ts'

const redactParams = z.object({ roomId: roomIdSchema, eventId: eventIdSchema, txnId: txnIdSchema })
const redactBody = z.object({ reason: z.string().optional() })

/** `PUT /rooms/{roomId}/redact/{eventId}/{txnId}` (client-server API, "Redactions"). */
export function redactionRoutes(deps: RoomDeps): Route[] {
  return [
    defineRoute({
      method: 'PUT',
      path: client('/rooms/:roomId/redact/:eventId/:txnId'),
      auth: 'user',
      limit: 'send',
      params: redactParams,
      body: redactBody,
      summary: 'Redacts an event',
      response: { 200: sentEvent },
      errors: { 403: ['M_FORBIDDEN', 'M_USER_SUSPENDED'], 404: ['M_NOT_FOUND'] },
      async handler({ requester, params: { roomId, eventId, txnId }, body }) {
        const redactionId = await redactEvent(deps, {
          roomId,
          sender: requester.userId,
          eventId,
          content: body.reason === undefined ? {} : { reason: body.reason },
          transaction: { deviceId: requester.deviceId, txnId },
          isSuspended: requester.restriction === 'suspended',
        })
        return { event_id: redactionId }
      },
    }),
  ]
}
