import type { Clock } from '../../lib/clock.ts'

/** What has been learned of the push services that users have chosen. Kept in memory, and of the last 4096 of them. */
export type KnownOrigins = {
  /** It has taken a message with our key. */
  accepted: (origin: string) => void
  isKnown: (origin: string) => boolean
  /** It asked for this long a silence. */
  rest: (origin: string, ms: number) => void
  /** How much of that silence is left, in milliseconds. */
  restLeft: (origin: string) => number
}

const MAX_ORIGINS = 4096

export function makeKnownOrigins(clock: Clock): KnownOrigins {
  const origins = new Map<string, { isKnown: boolean; restsFrom: number; restsUntil: number }>()
  const stateOf = (origin: string) => {
    const state = origins.get(origin) ?? { isKnown: false, restsFrom: 0, restsUntil: 0 }
    origins.delete(origin)
    origins.set(origin, state)
    if (origins.size > MAX_ORIGINS) origins.delete(origins.keys().next().value ?? '')
    return state
  }
  return {
    accepted: (origin) => {
      stateOf(origin).isKnown = true
    },
    isKnown: (origin) => origins.get(origin)?.isKnown ?? false,
    rest: (origin, ms) => {
      const now = clock.now()
      Object.assign(stateOf(origin), { restsFrom: now, restsUntil: now + ms })
    },
    restLeft: (origin) => {
      const { restsFrom = 0, restsUntil = 0 } = origins.get(origin) ?? {}
      const now = clock.now()
      // A clock that was set back must not make the silence longer.
      return now >= restsFrom && now < restsUntil ? restsUntil - now : 0
    },
  }
}
