import { z } from 'zod'
import { named } from '../http/response.ts'
import { userId } from '../http/response-parts.ts'
import { once } from '../lib/once.ts'

/** The 401 response of user-interactive authentication (client-server API, "User-Interactive Authentication API"). */
export const challenge = named('AuthenticationChallenge', () =>
  z.strictObject({
    flows: z.array(z.strictObject({ stages: z.array(stage()) })),
    params: z.strictObject({}),
    session: z.string(),
    completed: z.array(stage()),
    errcode: z.literal('M_FORBIDDEN').describe('Present after a failed attempt').optional(),
    error: z.string().optional(),
  }),
)

const stage = once(() => z.enum(['m.login.dummy', 'm.login.password', 'm.login.registration_token']))

/** The keys of `accountView`. */
export const accountKeys = () => ({
  user_id: userId(),
  home_server: z.string().describe('The server name of the user id, for old clients'),
})

/** The keys of `sessionView`. */
export const sessionKeys = () => ({ access_token: z.string(), device_id: z.string() })

/** The result of unbinding an address or an account from identity servers. This server uses none. */
export const unbindResult = named('UnbindResult', () =>
  z.strictObject({ id_server_unbind_result: z.enum(['success', 'no-support']) }),
)

/** The client information of server discovery. The shape of `serverDiscovery`. */
export const discoverySchema = named('DiscoveryInformation', () =>
  z.strictObject({
    'm.homeserver': z.strictObject({ base_url: z.url() }),
    'io.element.e2ee': z
      .strictObject({ default: z.boolean(), force_disable: z.boolean() })
      .describe('Present: Element Web creates no encrypted rooms')
      .optional(),
  }),
)
