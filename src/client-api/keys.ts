import { z } from 'zod'
import { named } from '../http/response.ts'
import { userId } from '../http/response-parts.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { isUserId, type DeviceId, type UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import { claimKeys } from '../keys/claim-keys.ts'
import { deviceListsSince } from '../keys/device-lists.ts'
import type { KeyDeps } from '../keys/deps.ts'
import { queryKeys } from '../keys/query-keys.ts'
import { uploadKeys } from '../keys/upload-keys.ts'
import { parseToken } from '../rooms/sync/token.ts'
import { currentPoint } from '../storage/stream.ts'
import { claimedKey, crossSigningKey, deviceKeys, oneTimeKeyCounts } from './key-response.ts'

/** A loose object of a request contains JSON only. */
export const json = (schema: z.ZodType) => schema as unknown as z.ZodType<JsonObject, JsonObject>

/** Unknown keys are kept: they are part of what is signed. */
export const uploadedDeviceKeys = z.looseObject({
  user_id: z.string(),
  device_id: z.string(),
  algorithms: z.array(z.string()),
  keys: z.record(z.string(), z.string()),
  signatures: z.record(z.string(), z.record(z.string(), z.string())),
})
export const namedKeys = z.record(z.string(), z.union([z.string(), json(z.looseObject({ key: z.string() }))]))

const uploadBody = z.object({
  device_keys: json(uploadedDeviceKeys).optional(),
  one_time_keys: namedKeys.optional(),
  fallback_keys: namedKeys.optional(),
})

const timeout = z.number().describe('Ignored: this server asks no other server').optional()

const noFailures = () => z.strictObject({}).describe('Always empty: this server asks no other server')

const queryResponse = named('KeysOfUsers', () =>
  z.strictObject({
    failures: noFailures(),
    device_keys: z.record(userId(), z.record(z.string(), deviceKeys())),
    master_keys: z.record(userId(), crossSigningKey()),
    self_signing_keys: z.record(userId(), crossSigningKey()),
    user_signing_keys: z.record(userId(), crossSigningKey()),
  }),
)

/** `/keys/upload`, `query`, `claim` and `changes` (client-server API, "Key management API"). */
export function keyRoutes(deps: KeyDeps): Route[] {
  return [...uploadRoutes(deps), ...readRoutes(deps)]
}

function uploadRoutes(deps: KeyDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: client('/keys/upload'),
      auth: 'user',
      limit: 'default',
      body: uploadBody,
      summary: 'Stores the encryption keys of this device, and adds one-time and fallback keys',
      response: { 200: () => z.strictObject({ one_time_key_counts: oneTimeKeyCounts() }) },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ requester, body }) {
        const counts = await uploadKeys(deps, requester, {
          deviceKeys: body.device_keys,
          oneTimeKeys: body.one_time_keys ?? {},
          fallbackKeys: body.fallback_keys ?? {},
        })
        return { one_time_key_counts: counts }
      },
    }),
    defineRoute({
      method: 'POST',
      path: client('/keys/claim'),
      auth: 'user',
      limit: 'default',
      body: z.object({ timeout, one_time_keys: z.record(z.string(), z.record(z.string(), z.string())) }),
      summary: 'Claims one-time keys of devices; a fallback key when a device has none',
      response: {
        200: () =>
          z.strictObject({
            failures: noFailures(),
            one_time_keys: z.record(userId(), z.record(z.string(), z.record(z.string(), claimedKey()))),
          }),
      },
      async handler({ requester, body }) {
        const wanted = Object.entries(body.one_time_keys).flatMap(([user, devices]) =>
          Object.entries(devices).map(([device, algorithm]) => ({
            user_id: user as UserId,
            device_id: device as DeviceId,
            algorithm,
          })),
        )
        return { failures: {}, one_time_keys: await claimKeys(deps, requester.userId, wanted) }
      },
    }),
  ]
}

function readRoutes(deps: KeyDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: client('/keys/query'),
      auth: 'user',
      limit: 'default',
      body: z.object({ timeout, device_keys: z.record(z.string(), z.array(z.string())) }),
      summary: 'The encryption keys of users and their devices, as far as you may see them',
      response: { 200: queryResponse },
      async handler({ requester, body }) {
        const wanted = Object.entries(body.device_keys).filter((entry): entry is [UserId, DeviceId[]] =>
          isUserId(entry[0]),
        )
        const { deviceKeys: devices, crossSigning } = await queryKeys(deps, requester.userId, new Map(wanted))
        return {
          failures: {},
          device_keys: devices,
          master_keys: crossSigning.master,
          self_signing_keys: crossSigning.self_signing,
          user_signing_keys: crossSigning.user_signing,
        }
      },
    }),
    defineRoute({
      method: 'GET',
      path: client('/keys/changes'),
      auth: 'user',
      limit: 'default',
      query: z.object({
        from: z.string(),
        to: z.string().describe('Ignored apart from its form: the response has all changes up to now'),
      }),
      summary: 'The users whose keys changed since a sync, and those who no longer share a room with you',
      response: { 200: () => z.strictObject({ changed: z.array(userId()), left: z.array(userId()) }) },
      async handler({ requester, query }) {
        const since = parseToken(query.from, 'from').position
        parseToken(query.to, 'to')
        return deps.db.snapshot(async (read) => {
          const position = await currentPoint(read)
          return deviceListsSince(read, { userId: requester.userId, since, position })
        })
      },
    }),
  ]
}
