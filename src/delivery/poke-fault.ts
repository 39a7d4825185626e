import type { NetworkFault } from '../lib/outbound/network-fault.ts'
import type { Untimed } from '../sending/result.ts'

/** Why a poke was not sent, in words that may be shown to anybody: never a host, a pushkey or a piece of an answer. */
export type PokeFault =
  | NetworkFault
  | 'bad url'
  | 'redirect'
  | 'encryption failed'
  /** The operator has switched it off since the pusher was set. */
  | 'web push is off'
  /** The push service does not accept how this server shows itself: its clock, its contact or its key is wrong, not the pusher. */
  | typeof TOKEN_REFUSED
  | `status ${number}`

export const TOKEN_REFUSED = 'vapid token refused'

/** What a push service says of our token. Other configuration errors are of addresses that may not be called, and have no status. */
export const isTokenRefused = (result: Untimed): boolean =>
  result.kind === 'misconfigured' && result.status !== undefined
