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
  /** `prod` is accepted too, as by Sygnal. */
  platform: z
    .enum(['production', 'prod', 'sandbox'])
    .default('production')
    .transform((platform) => (platform === 'prod' ? 'production' : platform)),
  push_type: z.enum(PUSH_TYPES).optional(),
  convert_device_token_to_hex: z.boolean().default(true),
  send_badge_counts: z.boolean().default(true),
  /** `tweaks.sound` selects a sound even if the app has no `aps` in its `default_payload`. */
  tweak_sound: z.boolean().default(false),
  /** `text`: the gateway writes the alert, for an app without translations of the keys. */
  alert: z.enum(['loc-key', 'text']).default('loc-key'),
  /** The most connections to APNs. A further one is opened only when all streams of the others are in use. */
  max_connections: z.int().positive().default(8),
  base_url: baseUrl.optional(),
  ca_file: z.string().min(1).optional(),
})

const BY_TOKEN = ['keyfile', 'key_id', 'team_id', 'topic'] as const

// Also checked when other options have errors, so that all errors are reported at once.
const isAsked = ({ value }: { value: unknown }) => typeof value === 'object' && value !== null

const withOneIdentity = keys.refine(
  ({ certfile, keyfile }) => certfile === undefined || keyfile === undefined,
  {
    path: ['certfile'],
    error:
      'cannot be used together with keyfile. Sygnal uses the certificate and ignores keyfile: to keep that, remove keyfile, key_id and team_id; to use the key, remove certfile',
    when: isAsked,
  },
)

/**
 * The settings of an app of the type `apns`. Either `certfile`, or all of `keyfile`, `key_id`, `team_id` and
 * `topic`.
 */
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

/** The topic of the notifications of the app. */
export const apnsUrl = (options: Pick<ApnsOptions, 'base_url' | 'platform'>) =>
  new URL(options.base_url ?? PUBLIC_URLS[options.platform])
