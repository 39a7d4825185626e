import type { NetworkFault } from '../lib/outbound/network-fault.ts'

/** Why a poke was not sent, in words that may be shown to anybody: never a host, a pushkey or a piece of an answer. */
export type PokeFault =
  | NetworkFault
  | 'bad url'
  | 'redirect'
  | 'encryption failed'
  /** The operator has switched it off since the pusher was set. */
  | 'web push is off'
  | `status ${number}`
