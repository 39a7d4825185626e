import { z } from 'zod'
import { client, defineRoute, type Route } from '../http/route.ts'
import { jsonObject, roomIdSchema } from '../http/schema.ts'
import type { RoomDeps } from '../rooms/deps.ts'
import { sendMessage } from '../rooms/send-event.ts'
import { txnIdSchema } from './transaction-id.ts'

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
      async handler({ requester, params: { roomId, eventType, txnId }, body }) {
        const eventId = await sendMessage(deps, {
          roomId,
          sender: requester.userId,
          type: eventType,
          content: body,
          transaction: { deviceId: requester.deviceId, txnId },
        })
        return { event_id: eventId }
      },
    }),
  ]
}
