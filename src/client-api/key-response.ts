import { z } from 'zod'
import { named, uncheckedJson } from '../http/response.ts'
import { userId } from '../http/response-parts.ts'
import { jsonObject } from '../http/schema.ts'

// The keys in responses. They are returned as their owners uploaded them, so they can have further keys.

const signatures = () => z.record(userId(), z.record(z.string(), z.string()))

export const oneTimeKeyCounts = () =>
  z.record(z.string(), z.int().min(0)).describe('By algorithm: the one-time keys that are not claimed yet')

export const deviceKeys = uncheckedJson(
  named('DeviceKeys', () =>
    z.looseObject({
      user_id: userId(),
      device_id: z.string(),
      algorithms: z.array(z.string()),
      keys: z.record(z.string(), z.string()),
      signatures: signatures(),
      unsigned: z.strictObject({ device_display_name: z.string().optional() }),
    }),
  ),
)

export const crossSigningKey = uncheckedJson(
  named('CrossSigningKey', () =>
    z.looseObject({
      user_id: userId(),
      usage: z.array(z.enum(['master', 'self_signing', 'user_signing'])),
      keys: z.record(z.string(), z.string()),
      signatures: signatures().optional(),
    }),
  ),
)

/** An object for a signed key, a text for another one. */
export const claimedKey = () => z.union([z.string(), jsonObject])
