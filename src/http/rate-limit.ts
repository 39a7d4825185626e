import type { Config } from '../config/schema.ts'
import type { Clock } from '../lib/clock.ts'
import { createTokenBuckets, takeOrRefuse, type TokenBuckets } from '../lib/token-buckets.ts'
import { addressGroup } from './address.ts'

/** The rate limit that applies to a route. */
export type LimitClass =
  | 'none'
  | 'default'
  | 'send'
  | 'login'
  | 'register'
  | 'push'
  | 'sync'
  | 'test push'
  | 'email token'
  | 'presence'

/**
 * Counts a request; each function throws 429 `M_LIMIT_EXCEEDED` if the limit is exceeded. `count`: the cost
 * of the request, 1 by default.
 */
export type RateLimiter = {
  address(limit: LimitClass, address: string, count?: number): void
  user(limit: LimitClass, userId: string): void
}

/** No limits, for a server whose rate limits are disabled. */
export const unlimited: RateLimiter = { address: () => undefined, user: () => undefined }

export function createRateLimiter(limits: Config['rate_limits'], clock: Clock): RateLimiter {
  if (!limits.enabled) return unlimited
  const buckets = (perSecond: number, burst: number) =>
    createTokenBuckets({ rate: { perSecond, burst }, clock })
  const userRequests = () => buckets(limits.requests_per_second_per_user, limits.request_burst_per_user)
  const perMinute = (count: number) => buckets(count / 60, count)

  const requestsOfUser = userRequests()
  const ofUser: Record<Exclude<LimitClass, 'none'>, TokenBuckets> = {
    default: requestsOfUser,
    login: requestsOfUser,
    register: requestsOfUser,
    push: userRequests(),
    // A separate limit, so that a client that syncs in a tight loop can still send.
    sync: userRequests(),
    send: buckets(limits.messages_per_second_per_user, limits.message_burst_per_user),
    'test push': perMinute(limits.test_pushes_per_minute_per_user),
    'email token': requestsOfUser,
    presence: perMinute(limits.presence_changes_per_minute_per_user),
  }
  const requestsOfAddress = buckets(limits.requests_per_second_per_address, limits.request_burst_per_address)
  const ofAddress: Record<Exclude<LimitClass, 'none'>, TokenBuckets> = {
    default: requestsOfAddress,
    sync: requestsOfAddress,
    send: requestsOfAddress,
    'test push': requestsOfAddress,
    presence: requestsOfAddress,
    push: buckets(limits.pushes_per_second_per_address, limits.push_burst_per_address),
    login: perMinute(limits.login_attempts_per_minute_per_address),
    'email token': perMinute(limits.email_tokens_per_minute_per_address),
    register: perMinute(limits.registrations_per_minute_per_address),
  }
  return {
    address(limit, address, count) {
      if (limit !== 'none') takeOrRefuse(ofAddress[limit], addressGroup(address), count)
    },
    user(limit, userId) {
      if (limit !== 'none') takeOrRefuse(ofUser[limit], userId)
    },
  }
}
