import { BoundedMap } from '../lib/bounded-map.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random, UserId } from '../lib/ids.ts'

/**
 * The sessions of user-interactive authentication (client-server API, "User-Interactive Authentication API"), in
 * memory. Every flow has one stage, so a session lost in a restart costs its client one extra round trip.
 */
export interface AuthSessions {
  /**
   * Opens a session that is valid for `purpose` only: the operation and its target. `userId`: the user who is already
   * signed in. When one user has too many sessions, the oldest is closed.
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

type AuthSession = { purpose: string; until: number; userId: UserId | undefined }

/** Above `limit` the oldest session is closed. */
export function createAuthSessions(options: {
  clock: Clock
  random: Random
  limit?: number
  lifetimeMs?: number
}): AuthSessions {
  const { clock, random, limit = LIMIT, lifetimeMs = LIFETIME_MS } = options
  // Only read with `peek`, so the map stays in order of opening, which is the order of expiry.
  const sessions = new BoundedMap<string, AuthSession>({
    limit,
    onEvict: ({ userId }, session) => forgetOwner(session, userId),
  })
  const ofUsers = new Map<UserId, Set<string>>()

  const closeExpired = (now: number) => {
    for (const [session, { until }] of sessions) {
      if (until > now) return
      close(session)
    }
  }
  const close = (session: string) => {
    const userId = sessions.peek(session)?.userId
    sessions.delete(session)
    forgetOwner(session, userId)
  }
  const forgetOwner = (session: string, userId: UserId | undefined) => {
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
      closeExpired(now)
      const session = random.token(SESSION_BYTES)
      sessions.set(session, { purpose, until: now + lifetimeMs, userId })
      if (userId !== undefined) noteOwner(session, userId)
      return session
    },
    isOpen(session, purpose) {
      const found = sessions.peek(session)
      return found !== undefined && found.purpose === purpose && found.until > clock.now()
    },
    close,
    get size() {
      return sessions.size
    },
  }
}
