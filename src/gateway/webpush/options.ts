import { z } from 'zod'
import { isHostGlob } from '../host-globs.ts'
import { vapidSubject } from './vapid.ts'

/** RFC 8030 sets no bound, but push services keep nothing longer than four weeks. */
const MAX_TTL_S = 2_419_200

/** The keys of an app of the type `webpush`, with Sygnal's names and defaults. */
export const webPushOptions = z.object({
  /** A file: PEM, or what the npm package web-push prints. */
  vapid_private_key: z.string().min(1),
  vapid_contact_email: z.string().refine((text) => vapidSubject(text) !== undefined, {
    error:
      'must be an e-mail address at a public domain, or an https URL: push services write there, and refuse others',
  }),
  /** Only push services on these hosts; unset: any public one. */
  allowed_endpoints: z
    .array(z.string().refine(isHostGlob, 'must be a host name, such as *.push.apple.com'))
    .optional(),
  /** Seconds. */
  ttl: z.int().nonnegative().max(MAX_TTL_S).default(900),
  /** To each push service. */
  max_connections: z.int().positive().default(20),
  /** Certificate authorities in PEM, trusted beside the usual ones. */
  ca_file: z.string().min(1).optional(),
})

export type WebPushOptions = z.output<typeof webPushOptions>
