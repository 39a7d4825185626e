import { z } from 'zod'
import { endpointOptions } from '../endpoint-options.ts'
import { vapidSubject } from './credentials.ts'

const TTL_S = 900

/** The settings of an app of the type `webpush`, with Sygnal's names and defaults. */
export const webPushOptions = z.object({
  /** The path of a file with PEM, or with the output of the npm package web-push. */
  vapid_private_key: z.string().min(1),
  vapid_contact_email: z.string().refine((text) => vapidSubject(text) !== undefined, {
    error:
      'must be an e-mail address at a public domain, or an https URL: push services refuse other contacts',
  }),
  ...endpointOptions,
  ttl: endpointOptions.ttl.default(TTL_S),
})

export type WebPushOptions = z.output<typeof webPushOptions>
