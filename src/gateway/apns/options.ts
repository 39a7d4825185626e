import { z } from 'zod'
import { baseUrl } from '../base-url.ts'

export const PUSH_TYPES = ['alert', 'background', 'voip', 'complication', 'fileprovider', 'mdm'] as const
export type PushType = (typeof PUSH_TYPES)[number]

const PUBLIC_URLS = {
  production: 'https://api.push.apple.com',
  sandbox: 'https://api.sandbox.push.apple.com',
}

/** The keys of an app of the type `apns`. Either `certfile`, or all of `keyfile`, `key_id`, `team_id` and `topic`. */
export const apnsOptions = z
  .object({
    certfile: z.string().min(1).optional(),
    keyfile: z.string().min(1).optional(),
    key_id: z.string().min(1).optional(),
    team_id: z.string().min(1).optional(),
    topic: z
      .string()
      .regex(/^[\w.-]+$/, 'must be a bundle id, such as org.example.app')
      .optional(),
    platform: z.enum(['production', 'sandbox']).default('production'),
    push_type: z.enum(PUSH_TYPES).optional(),
    convert_device_token_to_hex: z.boolean().default(true),
    send_badge_counts: z.boolean().default(true),
    /** `tweaks.sound` makes a sound, whatever the app has asked for in its `default_payload`. */
    tweak_sound: z.boolean().default(false),
    /** Connections to APNs at the same time; a further one is opened only when the streams of the others are all taken. */
    max_connections: z.int().positive().default(8),
    base_url: baseUrl.optional(),
    ca_file: z.string().min(1).optional(),
  })
  .superRefine((options, context) => {
    if (options.certfile !== undefined && options.keyfile !== undefined) {
      const message = 'stands beside keyfile; keep the one by which this app is to be known to Apple'
      context.addIssue({ code: 'custom', path: ['certfile'], message })
    } else if (options.certfile === undefined) {
      for (const key of ['keyfile', 'key_id', 'team_id', 'topic'] as const) {
        if (options[key] !== undefined) continue
        const message = 'is missing; set keyfile, key_id, team_id and topic, or certfile alone'
        context.addIssue({ code: 'custom', path: [key], message })
      }
    }
  })

export type ApnsOptions = z.output<typeof apnsOptions>

/** Where the app's notifications go. */
export const apnsUrl = (options: Pick<ApnsOptions, 'base_url' | 'platform'>) =>
  new URL(options.base_url ?? PUBLIC_URLS[options.platform])
