import type { NetworkFault } from '../lib/outbound/network-fault.ts'
import type { Untimed } from '../sending/result.ts'

/** Why a poke was not sent. Safe to show to users: it never contains a host, a pushkey or a part of a response. */
export type PokeFault =
  | NetworkFault
  | 'bad url'
  | 'redirect'
  | 'encryption failed'
  /** The operator has disabled Web Push since the pusher was set. */
  | 'web push is off'
  /**
   * The push service refuses the VAPID token of this server: the clock, the contact or the key is wrong, not
   * the pusher.
   */
  | typeof TOKEN_REFUSED
  | `status ${number}`

export const TOKEN_REFUSED = 'vapid token refused'

/**
 * Whether a push service refused the VAPID token. Other configuration errors concern blocked addresses and
 * have no status.
 */
export const isTokenRefused = (result: Untimed): boolean =>
  result.kind === 'misconfigured' && result.status !== undefined
