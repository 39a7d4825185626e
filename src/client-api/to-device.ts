import { z } from 'zod'
import { sendToDevices, type ToDeviceDeps } from '../accounts/to-device/send.ts'
import { nothing } from '../http/response-parts.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { jsonObject, userIdSchema } from '../http/schema.ts'
import { txnIdSchema } from './transaction-id.ts'

const params = z.object({ eventType: z.string(), txnId: txnIdSchema })
const body = z.object({
  messages: z
    .record(userIdSchema, z.record(z.string(), jsonObject))
    .describe('Contents by user id and device id; the device id * stands for all devices of the user'),
})

/**
 * `PUT /sendToDevice/{eventType}/{txnId}` (client-server API, "Send-to-Device messaging").
 * @param limit the largest body, in bytes
 */
export function toDeviceRoutes(deps: ToDeviceDeps, limit: number): Route[] {
  return [
    defineRoute({
      method: 'PUT',
      path: client('/sendToDevice/:eventType/:txnId'),
      auth: 'user',
      limit: 'default',
      params,
      body: { kind: 'large json', schema: body, limit },
      summary: 'Sends messages to devices',
      response: { 200: nothing },
      async handler({ requester, params: { eventType, txnId }, body: { messages } }) {
        await sendToDevices(deps, { sender: requester, type: eventType, txnId, messages })
        return {}
      },
    }),
  ]
}
