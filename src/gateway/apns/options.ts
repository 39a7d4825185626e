import { z } from 'zod'
import { baseUrl } from '../base-url.ts'

export const PUSH_TYPES = ['alert', 'background', 'voip', 'complication', 'fileprovider', 'mdm'] as const
export type PushType = (typeof PUSH_TYPES)[number]

const PUBLIC_URLS = {
  production: 'https://api.push.apple.com',
  sandbox: 'https://api.sandbox.push.apple.com',
}

const keys = z.object({
  certfile: z.string().min(1).optional(),
  keyfile: z.string().min(1).optional(),
  key_id: z.string().min(1).optional(),
  team_id: z.string().min(1).optional(),
  topic: z
    .string()
    .regex(/^[\w.-]+$/, 'must be a bundle id, such as org.example.app')
    .optional(),
  /** Sygnal takes `prod`, too. */
  platform: z
    .enum(['production', 'prod', 'sandbox'])
    .default('production')
    .transform((platform) => (platform === 'prod' ? 'production' : platform)),
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

const BY_TOKEN = ['keyfile', 'key_id', 'team_id', 'topic'] as const

// Also asked of options with a fault, so that all faults are found at once.
const isAsked = ({ value }: { value: unknown }) => typeof value === 'object' && value !== null

const withOneIdentity = keys.refine(
  ({ certfile, keyfile }) => certfile === undefined || keyfile === undefined,
  {
    path: ['certfile'],
    error:
      'stands beside keyfile, and an app is known to Apple by one of them. Sygnal takes the certificate and ignores keyfile: to go on like that, remove keyfile, key_id and team_id; to use the key, remove certfile',
    when: isAsked,
  },
)

/** The keys of an app of the type `apns`. Either `certfile`, or all of `keyfile`, `key_id`, `team_id` and `topic`. */
export const apnsOptions = BY_TOKEN.reduce(
  (schema, key) =>
    schema.refine((options) => options.certfile !== undefined || options[key] !== undefined, {
      path: [key],
      error: 'is missing; set keyfile, key_id, team_id and topic, or certfile alone',
      when: isAsked,
    }),
  withOneIdentity,
)

export type ApnsOptions = z.output<typeof apnsOptions>

/** Where the app's notifications go. */
export const apnsUrl = (options: Pick<ApnsOptions, 'base_url' | 'platform'>) =>
  new URL(options.base_url ?? PUBLIC_URLS[options.platform])
