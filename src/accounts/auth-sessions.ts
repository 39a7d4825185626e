import type { Clock } from '../lib/clock.ts'
import type { Random, UserId } from '../lib/ids.ts'

/**
 * The sessions of user-interactive authentication (client-server API, "User-Interactive Authentication API"), in
 * memory: every flow here has one stage, so a session that a restart loses costs its client one more round.
 */
export interface AuthSessions {
  /**
   * A new session. It is good for `purpose` alone: the operation, and for whom. `userId`: who has signed in already; the oldest of many sessions of
   * one user gives way.
   */
  open(purpose: string, userId?: UserId): string
  isOpen(session: string, purpose: string): boolean
  close(session: string): void
  readonly size: number
}

const LIMIT = 10_000
const LIMIT_PER_USER = 20
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
  const sessions = new Map<string, { purpose: string; until: number; userId: UserId | undefined }>()
  const ofUsers = new Map<UserId, Set<string>>()

  const forgetOld = (now: number) => {
    for (const [session, { until }] of sessions) {
      if (until > now && sessions.size < limit) return
      close(session)
    }
  }
  const close = (session: string) => {
    const userId = sessions.get(session)?.userId
    sessions.delete(session)
    if (userId === undefined) return
    const own = ofUsers.get(userId)
    own?.delete(session)
    if (own?.size === 0) ofUsers.delete(userId)
  }
  const noteOwner = (session: string, userId: UserId) => {
    const own = ofUsers.get(userId) ?? new Set()
    ofUsers.set(userId, own.add(session))
    const [oldest] = own
    if (own.size > LIMIT_PER_USER && oldest !== undefined) close(oldest)
  }
  return {
    open(purpose, userId) {
      const now = clock.now()
      forgetOld(now)
      const session = random.token(SESSION_BYTES)
      sessions.set(session, { purpose, until: now + lifetimeMs, userId })
      if (userId !== undefined) noteOwner(session, userId)
      return session
    },
    isOpen(session, purpose) {
      const found = sessions.get(session)
      return found !== undefined && found.purpose === purpose && found.until > clock.now()
    },
    close,
    get size() {
      return sessions.size
    },
  }
}
