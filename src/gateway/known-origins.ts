import { BoundedMap } from '../lib/bounded-map.ts'
import type { Clock } from '../lib/clock.ts'
import { shortHash } from '../lib/short-hash.ts'
import { createTokenBuckets } from '../lib/token-buckets.ts'

/** What has been learned of the push services that users have chosen. Kept in memory, and of the last 4096 of them. */
export type KnownOrigins = {
  /** It has taken a message with our key. */
  accepted: (origin: string) => void
  isKnown: (origin: string) => boolean
  /**
   * It has said of this device that its subscription was made with another key than ours. True: it says so of so many, and has taken
   * nothing, that ours must be the wrong one.
   */
  mismatched: (origin: string, pushkey: string) => boolean
  /** It asked for this long a silence. */
  rest: (origin: string, ms: number) => void
  /** How much of that silence is left, in milliseconds. */
  restLeft: (origin: string) => number
  /**
   * One more request is to go to this address: 0, or the milliseconds that it has to wait. Anybody may name any host, so those
   * that have never taken a message are not sent many, whatever their ports.
   */
  strangerWait: (url: URL) => number
}

const MAX_ORIGINS = 4096
/** Different devices whose key does not match, where none does. */
const MISMATCHES = 5
const STRANGERS = { perSecond: 20, burst: 200 }

/** A result; `retryAfterMs` is `strangerWait`. */
export const TOO_MANY_FOR_A_STRANGER = {
  kind: 'retry',
  reason: 'too many for a host that is not known',
  isOfDevice: true,
} as const

type State = { isKnown: boolean; restsFrom: number; restsUntil: number; mismatched: Set<string> }

export function makeKnownOrigins(clock: Clock): KnownOrigins {
  const origins = new BoundedMap<string, State>({ limit: MAX_ORIGINS })
  const stateOf = (origin: string) =>
    origins.getOrInsertComputed(origin, () => ({
      isKnown: false,
      restsFrom: 0,
      restsUntil: 0,
      mismatched: new Set(),
    }))
  const strangers = createTokenBuckets({ rate: STRANGERS, clock, maxKeys: MAX_ORIGINS })
  return {
    accepted: (origin) => {
      const state = stateOf(origin)
      state.isKnown = true
      state.mismatched.clear()
    },
    isKnown: (origin) => origins.peek(origin)?.isKnown ?? false,
    mismatched: (origin, pushkey) => {
      const { isKnown, mismatched } = stateOf(origin)
      if (isKnown) return false
      if (mismatched.size < MISMATCHES) mismatched.add(shortHash(pushkey))
      return mismatched.size >= MISMATCHES
    },
    rest: (origin, ms) => {
      const now = clock.now()
      Object.assign(stateOf(origin), { restsFrom: now, restsUntil: now + ms })
    },
    restLeft: (origin) => {
      const { restsFrom = 0, restsUntil = 0 } = origins.peek(origin) ?? {}
      const now = clock.now()
      // A clock that was set back must not make the silence longer.
      return now >= restsFrom && now < restsUntil ? restsUntil - now : 0
    },
    strangerWait: ({ origin, hostname }) =>
      origins.peek(origin)?.isKnown === true ? 0 : strangers.take(hostname),
  }
}
