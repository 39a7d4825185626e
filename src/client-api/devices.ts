import { z } from 'zod'
import type { AccountDeps } from '../accounts/deps.ts'
import { deleteDevicesOf, getDevice, listDevices, updateDevice } from '../accounts/devices.ts'
import { client, defineRoute, reply, type Route } from '../http/route.ts'
import type { DeviceId } from '../lib/ids.ts'
import type { Json } from '../lib/json.ts'

const MAX_DEVICES_AT_ONCE = 1000

const auth = z.custom<Json>().optional()
const deviceParams = z.object({ deviceId: z.string().transform((text) => text as DeviceId) })

/** `/devices` and `/delete_devices` (client-server API, "Device management"). */
export function devicesRoutes(deps: AccountDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/devices'),
      auth: 'user',
      limit: 'default',
      handler: async ({ requester }) => ({ devices: await listDevices(deps.db, requester.userId) }),
    }),
    defineRoute({
      method: 'GET',
      path: client('/devices/:deviceId'),
      auth: 'user',
      limit: 'default',
      params: deviceParams,
      handler: ({ requester, params }) => getDevice(deps.db, requester.userId, params.deviceId),
    }),
    defineRoute({
      method: 'PUT',
      path: client('/devices/:deviceId'),
      auth: 'user',
      limit: 'default',
      params: deviceParams,
      body: z.object({ display_name: z.string().optional() }),
      async handler({ requester, params, body }) {
        await updateDevice(deps, { userId: requester.userId, deviceId: params.deviceId }, body.display_name)
        return {}
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: client('/devices/:deviceId'),
      auth: 'user',
      limit: 'default',
      params: deviceParams,
      body: z.object({ auth }),
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
      async handler({ requester, body }) {
        const request = { deviceIds: body.devices as DeviceId[], auth: body.auth }
        const outcome = await deleteDevicesOf(deps, requester, request)
        return outcome.kind === 'challenge' ? reply(401, outcome.body) : {}
      },
    }),
  ]
}
