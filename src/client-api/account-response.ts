import { z } from 'zod'
import { named } from '../http/response.ts'
import { userId } from '../http/response-parts.ts'
import { once } from '../lib/once.ts'

/** The 401 of user-interactive authentication (client-server API, section of that name). */
export const challenge = named('AuthenticationChallenge', () =>
  z.strictObject({
    flows: z.array(z.strictObject({ stages: z.array(stage()) })),
    params: z.strictObject({}),
    session: z.string(),
    completed: z.array(stage()),
    errcode: z.literal('M_FORBIDDEN').describe('When an attempt has failed').optional(),
    error: z.string().optional(),
  }),
)

const stage = once(() => z.enum(['m.login.dummy', 'm.login.password']))

/** What `accountView` makes. */
export const accountKeys = () => ({
  user_id: userId(),
  home_server: z.string().describe('For old clients: the server name of the user id'),
})

/** What `sessionView` makes. */
export const sessionKeys = () => ({ access_token: z.string(), device_id: z.string() })

/** What is sent where an address or an account leaves identity servers, of which none is ever asked. */
export const unbindResult = named('UnbindResult', () =>
  z.strictObject({ id_server_unbind_result: z.enum(['success', 'no-support']) }),
)

/** The client information of server discovery, as `serverDiscovery` makes it. */
export const discoverySchema = named('DiscoveryInformation', () =>
  z.strictObject({
    'm.homeserver': z.strictObject({ base_url: z.url() }),
    'io.element.e2ee': z
      .strictObject({ default: z.boolean(), force_disable: z.boolean() })
      .describe('Element Web creates no encrypted rooms then')
      .optional(),
  }),
)
