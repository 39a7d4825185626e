import { BoundedMap } from '../lib/bounded-map.ts'
import type { Clock } from '../lib/clock.ts'
import { shortHash } from '../lib/short-hash.ts'
import { createTokenBuckets } from '../lib/token-buckets.ts'

/** What is known about the push services of users. In memory, for the last 4096 of them. */
export type KnownOrigins = {
  /** The push service has accepted a message signed with this key. */
  accepted: (origin: string) => void
  isKnown: (origin: string) => boolean
  /**
   * The push service says that the subscription of this device was made with another key. True: it says so of
   * many devices and has accepted nothing, so the key of this gateway is probably wrong.
   */
  mismatched: (origin: string, pushkey: string) => boolean
  /** The push service asks for a pause (`Retry-After`). */
  pause: (origin: string, ms: number) => void
  /** The rest of that pause, in milliseconds. */
  pauseLeftAt: (origin: string) => number
  /**
   * Asks for one more request to an address. Returns 0, or the wait in milliseconds. Anyone can name any
   * host, so hosts that have never accepted a message get few requests, whatever the port.
   */
  unknownHostWait: (url: URL) => number
}

const MAX_ORIGINS = 4096
/** The number of different devices with a key mismatch that shows a wrong key of this gateway. */
const MISMATCHES = 5
const UNKNOWN_ORIGINS = { perSecond: 20, burst: 200 }

/** The result when the limit is reached; `retryAfterMs` is `unknownHostWait`. */
export const TOO_MANY_FOR_UNKNOWN_HOST = {
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
  const unknownOrigins = createTokenBuckets({ rate: UNKNOWN_ORIGINS, clock, maxKeys: MAX_ORIGINS })
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
    pause: (origin, ms) => {
      const now = clock.now()
      Object.assign(stateOf(origin), { restsFrom: now, restsUntil: now + ms })
    },
    pauseLeftAt: (origin) => {
      const { restsFrom = 0, restsUntil = 0 } = origins.peek(origin) ?? {}
      const now = clock.now()
      // A clock that is set back must not prolong the pause.
      return now >= restsFrom && now < restsUntil ? restsUntil - now : 0
    },
    unknownHostWait: ({ origin, hostname }) =>
      origins.peek(origin)?.isKnown === true ? 0 : unknownOrigins.take(hostname),
  }
}
