import type { Config } from '../config/schema.ts'
import type { Clock } from '../lib/clock.ts'
import { limitExceeded } from '../lib/errors.ts'
import { createTokenBuckets, takeOrRefuse } from '../lib/token-buckets.ts'
import type { AttemptLimiter, TokenMailLimiter } from './deps.ts'

// Failures are counted by account and source. The failures of one source therefore never refuse the right password
// from another source. The sum over all sources is limited as well, because a guesser may use many addresses. Above
// that sum attempts wait instead of being refused; attempts from a known source of the account do not wait. The
// counts are in the memory of one process; a restart resets them.

/** The longest wait of an attempt above the sum. After it the attempt is refused. */
const MAX_WAIT_MS = 10_000
/** The most waiting attempts of one account. Each holds a request open. */
const MAX_WAITING = 16

const UNLIMITED: AttemptLimiter = { attempt: async () => () => undefined }

export function createLoginAttemptLimiter(limits: Config['rate_limits'], clock: Clock): AttemptLimiter {
  if (!limits.enabled) return UNLIMITED
  const perMinute = (count: number) =>
    createTokenBuckets({ rate: { perSecond: count / 60, burst: count }, clock })
  const ofSource = perMinute(limits.login_attempts_per_minute_per_account_and_address)
  const inSum = perMinute(limits.login_attempts_per_minute_per_account)
  const waiting = new Map<string, number>()

  /** Takes one token of the account's sum, now or after a wait. */
  const takeInTurn = async (account: string): Promise<void> => {
    const queued = waiting.get(account) ?? 0
    const end = clock.now() + MAX_WAIT_MS
    if (queued >= MAX_WAITING) throw limitExceeded(MAX_WAIT_MS)
    waiting.set(account, queued + 1)
    try {
      for (;;) {
        const waitMs = inSum.take(account)
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
      takeOrRefuse(ofSource, pair)
      if (inSum.take(account) > 0) {
        if (await source.isKnown()) return () => ofSource.giveBack(pair)
        try {
          await takeInTurn(account)
        } catch (error) {
          ofSource.giveBack(pair)
          throw error
        }
      }
      return () => {
        ofSource.giveBack(pair)
        inSum.giveBack(account)
      }
    },
  }
}

/** Limits the mails that others can have sent to one mailbox: per requesting address, and in sum. */
export function createTokenMailLimiter(limits: Config['rate_limits'], clock: Clock): TokenMailLimiter {
  if (!limits.enabled) return { take: () => undefined }
  const perHour = (count: number) =>
    createTokenBuckets({ rate: { perSecond: count / 3600, burst: count }, clock })
  const ofAsker = perHour(limits.email_tokens_per_hour_per_recipient_and_address)
  const inSum = perHour(limits.email_tokens_per_hour_per_recipient)
  return {
    take(recipient, asker) {
      // The narrow limit comes first: a request that it refuses takes nothing from the shared limit.
      takeOrRefuse(ofAsker, `${recipient} ${asker}`)
      takeOrRefuse(inSum, recipient)
    },
  }
}
