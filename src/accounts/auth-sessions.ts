import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'

/**
 * The sessions of user-interactive authentication (client-server API, "User-Interactive Authentication API"), in
 * memory: every flow here has one stage, so a session that a restart loses costs its client one more round.
 */
export interface AuthSessions {
  /** A new session. It is good for `purpose` alone: the operation, and for whom. */
  open(purpose: string): string
  isOpen(session: string, purpose: string): boolean
  close(session: string): void
  readonly size: number
}

const LIMIT = 10_000
const LIFETIME_MS = 15 * 60_000
const SESSION_BYTES = 18

/** Beyond `limit` the oldest session gives way. */
export function createAuthSessions(options: {
  clock: Clock
  random: Random
  limit?: number
  lifetimeMs?: number
}): AuthSessions {
  const { clock, random, limit = LIMIT, lifetimeMs = LIFETIME_MS } = options
  // In the order of opening, so of expiry too.
  const sessions = new Map<string, { purpose: string; until: number }>()

  const forgetOld = (now: number) => {
    for (const [session, { until }] of sessions) {
      if (until > now && sessions.size < limit) return
      sessions.delete(session)
    }
  }
  return {
    open(purpose) {
      const now = clock.now()
      forgetOld(now)
      const session = random.token(SESSION_BYTES)
      sessions.set(session, { purpose, until: now + lifetimeMs })
      return session
    },
    isOpen(session, purpose) {
      const found = sessions.get(session)
      return found !== undefined && found.purpose === purpose && found.until > clock.now()
    },
    close: (session) => void sessions.delete(session),
    get size() {
      return sessions.size
    },
  }
}
