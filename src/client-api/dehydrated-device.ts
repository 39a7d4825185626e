import { z } from 'zod'
import { named } from '../http/response.ts'
import { userId } from '../http/response-parts.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { jsonObject, queryInteger } from '../http/schema.ts'
import {
  dehydratedDevice,
  dehydratedEvents,
  deleteDehydratedDevice,
  setDehydratedDevice,
  takeDehydratedEvents,
} from '../keys/dehydrated-device.ts'
import type { CrossSigningDeps } from '../keys/deps.ts'
import type { DeviceId } from '../lib/ids.ts'
import { once } from '../lib/once.ts'
import { json, namedKeys, uploadedDeviceKeys } from './keys.ts'

export const DEHYDRATED_DEVICE = '/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device'

const upload = z.object({
  device_id: z.string(),
  device_data: jsonObject.refine((data) => typeof data['algorithm'] === 'string', 'expected an algorithm'),
  initial_device_display_name: z.string().optional(),
  device_keys: json(uploadedDeviceKeys),
  one_time_keys: namedKeys.optional(),
  fallback_keys: namedKeys.optional(),
})

const idOnly = once(() => z.strictObject({ device_id: z.string() }))
const message = once(() => z.strictObject({ sender: userId(), type: z.string(), content: jsonObject }))
const eventsPage = named('DehydratedDeviceEvents', () =>
  z.strictObject({ events: z.array(message()), next_batch: z.string().optional() }),
)

type Deps = CrossSigningDeps & { pageBytes: number; maxBodyBytes: number }

/** Dehydrated devices (MSC3814). */
export function dehydratedDeviceRoutes(deps: Deps): Route[] {
  return [...deviceRoutes(deps), ...eventRoutes(deps)]
}

function deviceRoutes(deps: Deps): Route[] {
  return [
    defineRoute({
      method: 'PUT',
      path: DEHYDRATED_DEVICE,
      auth: 'user',
      limit: 'default',
      body: { kind: 'large json', schema: upload, limit: deps.maxBodyBytes },
      summary: 'Sets your dehydrated device, which replaces an earlier one (MSC3814)',
      response: { 200: idOnly },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ requester, body }) {
        await setDehydratedDevice(deps, requester.userId, {
          deviceId: body.device_id as DeviceId,
          data: body.device_data,
          displayName: body.initial_device_display_name,
          deviceKeys: body.device_keys,
          oneTimeKeys: body.one_time_keys ?? {},
          fallbackKeys: body.fallback_keys ?? {},
        })
        return { device_id: body.device_id }
      },
    }),
    defineRoute({
      method: 'GET',
      path: DEHYDRATED_DEVICE,
      auth: 'user',
      limit: 'default',
      summary: 'Your dehydrated device (MSC3814)',
      response: { 200: () => z.strictObject({ device_id: z.string(), device_data: jsonObject }) },
      errors: { 404: ['M_NOT_FOUND'] },
      async handler({ requester }) {
        const { deviceId, data } = await dehydratedDevice(deps.db, requester.userId)
        return { device_id: deviceId, device_data: data }
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: DEHYDRATED_DEVICE,
      auth: 'user',
      limit: 'default',
      summary: 'Removes your dehydrated device (MSC3814)',
      response: { 200: idOnly },
      errors: { 404: ['M_NOT_FOUND'] },
      handler: async ({ requester }) => ({ device_id: await deleteDehydratedDevice(deps, requester.userId) }),
    }),
  ]
}

function eventRoutes(deps: Deps): Route[] {
  const path = `${DEHYDRATED_DEVICE}/:deviceId/events` as const
  return [
    defineRoute({
      method: 'GET',
      path,
      auth: 'user',
      limit: 'default',
      query: z.object({ from: z.string().optional(), limit: queryInteger({ min: 1, max: 1000 }).optional() }),
      summary:
        'The to-device messages of your dehydrated device, in pages; the last one has no next_batch (MSC3814)',
      response: { 200: eventsPage },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ requester, params, query: { from, limit } }) {
        const request = { userId: requester.userId, deviceId: params.deviceId as DeviceId, from }
        const page = await dehydratedEvents(deps, { ...request, ...(limit !== undefined && { limit }) })
        return { events: page.events, ...(!page.isLast && { next_batch: page.nextBatch }) }
      },
    }),
    defineRoute({
      method: 'POST',
      path,
      auth: 'user',
      limit: 'default',
      body: z.object({ next_batch: z.string().optional() }),
      summary:
        'As GET, for earlier clients: until events is empty. A token removes the messages before it (MSC3814)',
      response: { 200: eventsPage },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ requester, params, body }) {
        const page = await takeDehydratedEvents(deps, {
          userId: requester.userId,
          deviceId: params.deviceId as DeviceId,
          from: body.next_batch,
        })
        return { events: page.events, next_batch: page.nextBatch }
      },
    }),
  ]
}
