import { z } from 'zod'
import { client, defineRoute, type Route } from '../http/route.ts'
import { jsonObject, roomIdSchema } from '../http/schema.ts'
import type { RoomDeps } from '../rooms/deps.ts'
import { sendMessage } from '../rooms/send-event.ts'
import { txnIdSchema } from './transaction-id.ts'
import { sentEvent } from './event-response.ts'

const sendParams = z.object({ roomId: roomIdSchema, eventType: z.string(), txnId: txnIdSchema })

/** `PUT /rooms/{roomId}/send/{eventType}/{txnId}` (client-server API, "Sending events to a room"). */
export function roomSendRoutes(deps: RoomDeps): Route[] {
  return [
    defineRoute({
      method: 'PUT',
      path: client('/rooms/:roomId/send/:eventType/:txnId'),
      auth: 'user',
      limit: 'send',
      params: sendParams,
      body: jsonObject,
      summary: 'Sends an event',
      response: { 200: sentEvent },
      errors: {
        400: ['M_UNKNOWN', 'M_DUPLICATE_ANNOTATION'],
        403: ['M_FORBIDDEN', 'M_USER_SUSPENDED'],
        404: ['M_NOT_FOUND'],
      },
      async handler({ requester, params: { roomId, eventType, txnId }, body }) {
        const eventId = await sendMessage(deps, {
          roomId,
          sender: requester.userId,
          type: eventType,
          content: body,
          transaction: { deviceId: requester.deviceId, txnId },
          isSuspended: requester.restriction === 'suspended',
        })
        return { event_id: eventId }
      },
    }),
  ]
}
