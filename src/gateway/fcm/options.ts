import { z } from 'zod'
import { baseUrl } from '../base-url.ts'

/** The settings of an app of the type `gcm`: Firebase Cloud Messaging with its HTTP v1 API. */
export const fcmOptions = z.object({
  /** Only `v1` exists; Google shut down the older one in 2024. */
  api_version: z.literal('v1').optional(),
  project_id: z.string().regex(/^[\w.:-]+$/, 'must be the id of a Firebase project, such as example-1a2b3'),
  service_account_file: z.string().min(1),
  /** The base of every message: fields of `message` in the HTTP v1 API. */
  fcm_options: z.record(z.string(), z.json()).default({}),
  max_connections: z.int().positive().default(20),
  send_badge_counts: z.boolean().default(true),
  base_url: baseUrl.default('https://fcm.googleapis.com'),
  ca_file: z.string().min(1).optional(),
})

export type FcmOptions = z.output<typeof fcmOptions>
