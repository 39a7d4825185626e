import { z } from 'zod'
import { named } from '../http/response.ts'
import { userId } from '../http/response-parts.ts'

export const presenceStates = z.enum(['online', 'offline', 'unavailable'])

/** The keys of a presence, in an event and in the response of the endpoint. */
export const presenceKeys = () => ({
  presence: presenceStates,
  last_active_ago: z
    .int()
    .min(0)
    .describe('Milliseconds since the last activity. The server notes an activity at most once a minute')
    .optional(),
  currently_active: z
    .boolean()
    .describe('Whether the user is online and was active in the last two minutes')
    .optional(),
  status_msg: z.string().optional(),
})

export const presenceEvent = named('PresenceEvent', () =>
  z.strictObject({
    type: z.literal('m.presence'),
    sender: userId(),
    content: z.strictObject({
      ...presenceKeys(),
      displayname: z.string().optional(),
      avatar_url: z.string().optional(),
    }),
  }),
)
