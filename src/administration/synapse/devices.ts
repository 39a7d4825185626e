import { z } from 'zod'
import { getDevice, listDevices, removeDevices, updateDevice } from '../../accounts/devices.ts'
import type { AccountDeps } from '../../accounts/deps.ts'
import { named } from '../../http/response.ts'
import { nothing, time, userId as userIdOf } from '../../http/response-parts.ts'
import type { Route } from '../../http/route.ts'
import type { DeviceId, UserId } from '../../lib/ids.ts'
import { once } from '../../lib/once.ts'
import { defineAdminRoute } from '../admin-route.ts'
import { targetAccount } from '../target.ts'

const MAX_DEVICES_AT_ONCE = 1000
const deviceId = z.string().transform((text) => text as DeviceId)

const device = named('AdminDevice', () =>
  z.strictObject({
    user_id: userIdOf(),
    device_id: z.string(),
    display_name: z.string().nullable(),
    last_seen_ip: z.string().nullable(),
    last_seen_ts: time().nullable(),
  }),
)
const devices = once(() => z.strictObject({ devices: z.array(device()), total: z.int() }))

/** The devices of a user in Synapse's admin API. */
export function deviceRoutes(deps: AccountDeps): Route[] {
  return [...readingRoutes(deps), ...changingRoutes(deps)]
}

function readingRoutes(deps: AccountDeps): Route[] {
  return [
    defineAdminRoute({
      method: 'GET',
      path: '/_synapse/admin/v2/users/:userId/devices',
      summary: 'The devices of a user',
      response: { 200: devices },
      async handler({ params: { userId } }) {
        await targetAccount(deps, userId)
        const found = await listDevices(deps.db, userId)
        return { devices: found.map((one) => ({ user_id: userId, ...one })), total: found.length }
      },
    }),
    defineAdminRoute({
      method: 'GET',
      path: '/_synapse/admin/v2/users/:userId/devices/:deviceId',
      summary: 'A device of a user',
      response: { 200: device },
      async handler({ params: { userId, deviceId: id } }) {
        await targetAccount(deps, userId)
        return { user_id: userId, ...(await getDevice(deps.db, userId, id)) }
      },
    }),
  ]
}

function changingRoutes(deps: AccountDeps): Route[] {
  return [
    defineAdminRoute({
      method: 'PUT',
      path: '/_synapse/admin/v2/users/:userId/devices/:deviceId',
      body: z.object({ display_name: z.string().optional() }),
      summary: 'Renames a device of a user',
      response: { 200: nothing },
      async handler({ params: { userId, deviceId: id }, body }) {
        await targetAccount(deps, userId)
        await updateDevice(deps, { userId, deviceId: id }, body.display_name)
        return {}
      },
    }),
    defineAdminRoute({
      method: 'DELETE',
      path: '/_synapse/admin/v2/users/:userId/devices/:deviceId',
      summary: 'Logs a device of a user out',
      response: { 200: nothing },
      async handler({ params: { userId, deviceId: id } }) {
        await remove(deps, userId, [id])
        return {}
      },
    }),
    defineAdminRoute({
      method: 'POST',
      path: '/_synapse/admin/v2/users/:userId/delete_devices',
      body: z.object({ devices: z.array(deviceId).max(MAX_DEVICES_AT_ONCE) }),
      summary: 'Logs devices of a user out',
      response: { 200: nothing },
      async handler({ params: { userId }, body }) {
        await remove(deps, userId, body.devices)
        return {}
      },
    }),
  ]
}

async function remove(deps: AccountDeps, userId: UserId, deviceIds: readonly DeviceId[]): Promise<void> {
  await targetAccount(deps, userId)
  await deps.db.transaction((tx) => removeDevices(deps, tx, { userId, deviceIds }), {
    orderedBy: userId,
    inOwnGroup: true,
  })
}
