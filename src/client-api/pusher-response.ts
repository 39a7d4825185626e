import { z } from 'zod'
import { named, uncheckedJson } from '../http/response.ts'
import { once } from '../lib/once.ts'
import { pusherStatus } from '../pushers/pusher-status.ts'

/** A pusher in the shape of `listPushers` (client-server API, "Push Notifications"; MSC3881, MSC4076, MSC4174). */
const pusher = uncheckedJson(
  named('Pusher', () => {
    const enabled = z.boolean()
    const deviceId = z
      .string()
      .nullable()
      .describe('The device that set the pusher; null: it belongs to no device')
    const withoutBadge = z.literal(true).optional()
    return z.strictObject({
      pushkey: z.string(),
      kind: z.string().describe('As the client set it: http, email, or a name of webpush'),
      app_id: z.string(),
      app_display_name: z.string(),
      device_display_name: z.string(),
      instance_handle: z.string().optional(),
      profile_tag: z.string().describe('The instance handle').optional(),
      lang: z.string(),
      data: z
        .looseObject({ url: z.string().optional(), format: z.string().optional() })
        .describe('As the client set it'),
      activated: z
        .boolean()
        .describe('Only for kind webpush: whether the app has confirmed the pusher')
        .optional(),
      enabled,
      'org.matrix.msc3881.enabled': enabled,
      device_id: deviceId,
      'org.matrix.msc3881.device_id': deviceId,
      disable_badge_count: withoutBadge,
      'org.matrix.msc4076.disable_badge_count': withoutBadge,
      'org.belfry.hold_while_active_ms': z
        .int()
        .min(1)
        .describe('How long a poke waits while the user is active on another device, in milliseconds')
        .optional(),
      'org.belfry.status': pusherStatus(),
    })
  }),
)

export const pushersSchema = once(() => z.strictObject({ pushers: z.array(pusher()) }))
