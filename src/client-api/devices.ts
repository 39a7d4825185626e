import { z } from 'zod'
import type { AccountDeps } from '../accounts/deps.ts'
import { deleteDevicesOf, getDevice, listDevices, updateDevice } from '../accounts/devices.ts'
import { client, defineRoute, reply, type Route } from '../http/route.ts'
import type { DeviceId } from '../lib/ids.ts'
import type { Json } from '../lib/json.ts'
import { named } from '../http/response.ts'
import { once } from '../lib/once.ts'
import { challenge } from './account-response.ts'
import { nothing, time } from '../http/response-parts.ts'

const MAX_DEVICES_AT_ONCE = 1000

const auth = z.custom<Json>().optional()
const deviceParams = z.object({ deviceId: z.string().transform((text) => text as DeviceId) })

const device = named('Device', () =>
  z.strictObject({
    device_id: z.string(),
    display_name: z.string().nullable(),
    last_seen_ip: z.string().nullable(),
    last_seen_ts: time().nullable(),
  }),
)
const devicesSchema = once(() => z.strictObject({ devices: z.array(device()) }))

/** `/devices` and `/delete_devices` (client-server API, "Device management"). */
export function devicesRoutes(deps: AccountDeps): Route[] {
  return [...ownDeviceRoutes(deps), ...removalRoutes(deps)]
}

function ownDeviceRoutes(deps: AccountDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/devices'),
      auth: 'user',
      limit: 'default',
      summary: 'Your devices',
      response: { 200: devicesSchema },
      handler: async ({ requester }) => ({ devices: await listDevices(deps.db, requester.userId) }),
    }),
    defineRoute({
      method: 'GET',
      path: client('/devices/:deviceId'),
      auth: 'user',
      limit: 'default',
      params: deviceParams,
      summary: 'One of your devices',
      response: { 200: device },
      errors: { 404: ['M_NOT_FOUND'] },
      handler: ({ requester, params }) => getDevice(deps.db, requester.userId, params.deviceId),
    }),
    defineRoute({
      method: 'PUT',
      path: client('/devices/:deviceId'),
      auth: 'user',
      limit: 'default',
      params: deviceParams,
      body: z.object({ display_name: z.string().optional() }),
      summary: 'Renames a device',
      response: { 200: nothing },
      errors: { 404: ['M_NOT_FOUND'] },
      async handler({ requester, params, body }) {
        await updateDevice(deps, { userId: requester.userId, deviceId: params.deviceId }, body.display_name)
        return {}
      },
    }),
  ]
}

function removalRoutes(deps: AccountDeps): Route[] {
  return [
    defineRoute({
      method: 'DELETE',
      path: client('/devices/:deviceId'),
      auth: 'user',
      limit: 'default',
      params: deviceParams,
      body: z.object({ auth }),
      summary: 'Deletes a device, its access token and its pushers',
      response: { 200: nothing, 401: challenge },
      async handler({ requester, params, body }) {
        const request = { deviceIds: [params.deviceId], auth: body.auth }
        const outcome = await deleteDevicesOf(deps, requester, request)
        return outcome.kind === 'challenge' ? reply(401, outcome.body) : {}
      },
    }),
    defineRoute({
      method: 'POST',
      path: client('/delete_devices'),
      auth: 'user',
      limit: 'default',
      body: z.object({ devices: z.array(z.string()).max(MAX_DEVICES_AT_ONCE), auth }),
      summary: 'Deletes several devices, their access tokens and their pushers',
      response: { 200: nothing, 401: challenge },
      async handler({ requester, body }) {
        const request = { deviceIds: body.devices as DeviceId[], auth: body.auth }
        const outcome = await deleteDevicesOf(deps, requester, request)
        return outcome.kind === 'challenge' ? reply(401, outcome.body) : {}
      },
    }),
  ]
}
