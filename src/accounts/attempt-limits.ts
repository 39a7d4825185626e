import type { Config } from '../config/schema.ts'
import type { Clock } from '../lib/clock.ts'
import { limitExceeded } from '../lib/errors.ts'
import type { Database, Transaction } from '../storage/database.ts'
import type { AttemptLimiter, TokenMailLimiter } from './deps.ts'
import type { Sign } from './server-secret.ts'
import { createStoredAttempts } from './stored-attempts.ts'

// Failures are counted by account and source. The failures of one source therefore never refuse the right password
// from another source. The sum over all sources is limited as well, because a guesser may use many addresses. Above
// that sum attempts wait instead of being refused; attempts from a known source of the account do not wait. The
// counts are in the database, so that they hold for all processes and over restarts.

/** The longest wait of an attempt above the sum. After it the attempt is refused. */
const MAX_WAIT_MS = 10_000
/** The most waiting attempts of one account in this process. Each holds a request open. */
const MAX_WAITING = 16

const UNLIMITED: AttemptLimiter = { attempt: async () => async () => undefined }

/** A count that a power cut loses was of a few milliseconds. */
const COUNTING = { durably: false, repeatable: true } as const

type LimitDeps = { db: Database; clock: Clock; sign: Sign }

export function createLoginAttemptLimiter(limits: Config['rate_limits'], deps: LimitDeps): AttemptLimiter {
  if (!limits.enabled) return UNLIMITED
  const { db, clock } = deps
  const perMinute = (name: string, count: number) =>
    createStoredAttempts(deps, { name, count, periodMs: 60_000 })
  const ofSource = perMinute('login from', limits.login_attempts_per_minute_per_account_and_address)
  const inSum = perMinute('login', limits.login_attempts_per_minute_per_account)
  const waiting = new Map<string, number>()
  const counting = <T>(work: (tx: Transaction) => Promise<T>) => db.transaction(work, COUNTING)

  /** Takes one attempt of the account's sum, now or after a wait. */
  const takeInTurn = async (account: string): Promise<void> => {
    const queued = waiting.get(account) ?? 0
    const end = clock.now() + MAX_WAIT_MS
    if (queued >= MAX_WAITING) throw limitExceeded(MAX_WAIT_MS)
    waiting.set(account, queued + 1)
    try {
      for (;;) {
        const waitMs = await counting((tx) => inSum.take(tx, account))
        if (waitMs === 0) return
        if (clock.now() + waitMs > end) throw limitExceeded(waitMs)
        await clock.sleep(waitMs)
      }
    } finally {
      const left = (waiting.get(account) ?? 1) - 1
      if (left > 0) waiting.set(account, left)
      else waiting.delete(account)
    }
  }

  return {
    async attempt(account, source) {
      const pair = `${account} ${source.key}`
      const forget = () => counting(async (tx) => ofSource.giveBack(tx, pair))
      const { own, sum } = await counting(async (tx) => {
        const ownWait = await ofSource.take(tx, pair)
        return { own: ownWait, sum: ownWait > 0 ? 0 : await inSum.take(tx, account) }
      })
      if (own > 0) throw limitExceeded(own)
      if (sum > 0) {
        if (await source.isKnown()) return forget
        try {
          await takeInTurn(account)
        } catch (error) {
          await forget()
          throw error
        }
      }
      return () =>
        counting(async (tx) => {
          ofSource.giveBack(tx, pair)
          inSum.giveBack(tx, account)
        })
    },
  }
}

/** Limits the mails that others can have sent to one mailbox: per requesting address, and in sum. */
export function createTokenMailLimiter(
  limits: Config['rate_limits'],
  deps: Omit<LimitDeps, 'db'>,
): TokenMailLimiter {
  if (!limits.enabled) return { take: async () => undefined }
  const perHour = (name: string, count: number) =>
    createStoredAttempts(deps, { name, count, periodMs: 3_600_000 })
  const ofAsker = perHour('mail from', limits.email_tokens_per_hour_per_recipient_and_address)
  const inSum = perHour('mail', limits.email_tokens_per_hour_per_recipient)
  return {
    async take(tx, recipient, asker) {
      // The narrow limit comes first: a request that it refuses takes nothing from the shared limit.
      const waitMs = (await ofAsker.take(tx, `${recipient} ${asker}`)) || (await inSum.take(tx, recipient))
      if (waitMs > 0) throw limitExceeded(waitMs)
    },
  }
}
