import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { Database } from '../storage/database.ts'
import { recordUse, useOf } from './auth-sessions-store.ts'
import type { Sign } from './server-secret.ts'

/**
 * The sessions of user-interactive authentication (client-server API, "User-Interactive Authentication API").
 * A session is a signed text, so that every process on the database understands it, and nothing is stored
 * before its use. Every flow has one stage, so a session has no completed stages. Its only use is recorded in
 * the database.
 */
export interface AuthSessions {
  /** Opens a session that is valid for `purpose` only: the operation and its target. */
  open(purpose: string): string
  isOpen(session: string, purpose: string): Promise<boolean>
  /** Ends an open session. Resolves to false when it has ended before, also at the same time in another process. */
  use(session: string): Promise<boolean>
}

const LIFETIME_MS = 15 * 60_000
const NONCE_BYTES = 12
const FORM = /^([\w-]{16})\.([0-9a-z]{1,11})\.([\w-]{43})$/

type Parsed = { nonce: string; expiresAt: number; signature: string }

export function createAuthSessions(deps: {
  db: Database
  clock: Clock
  random: Random
  sign: Sign
  lifetimeMs?: number
}): AuthSessions {
  const { db, clock, random, sign, lifetimeMs = LIFETIME_MS } = deps
  const signatureOf = (purpose: string, { nonce, expiresAt }: Omit<Parsed, 'signature'>) =>
    sign('auth session', purpose, nonce, expiresAt)
  return {
    open(purpose) {
      const made = { nonce: random.token(NONCE_BYTES), expiresAt: clock.now() + lifetimeMs }
      const signature = signatureOf(purpose, made)
      return `${made.nonce}.${made.expiresAt.toString(36)}.${signature.toString('base64url')}`
    },
    async isOpen(session, purpose) {
      const parsed = parse(session)
      if (parsed === undefined || parsed.expiresAt <= clock.now()) return false
      const given = Buffer.from(parsed.signature, 'base64url')
      if (!timingSafeEqual(given, signatureOf(purpose, parsed))) return false
      return (await db.first(useOf, { nonce: parsed.nonce })) === undefined
    },
    async use(session) {
      const parsed = parse(session)
      if (parsed === undefined) return false
      const { nonce, expiresAt } = parsed
      return (await db.transaction((tx) => tx.run(recordUse, { nonce, expiresAt }))) > 0
    },
  }
}

function parse(session: string): Parsed | undefined {
  const [, nonce, expiresAt, signature] = FORM.exec(session) ?? []
  if (nonce === undefined || expiresAt === undefined || signature === undefined) return undefined
  return { nonce, expiresAt: Number.parseInt(expiresAt, 36), signature }
}
