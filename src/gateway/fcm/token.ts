import { SignJWT } from 'jose'
import { type Clock, steadyNow } from '../../lib/clock.ts'
import { isJsonObject } from '../../lib/json.ts'
import type { CallResponse, CallResult } from '../../lib/outbound/call.ts'
import { dateIn } from '../../lib/outbound/date-in.ts'
import type { ProviderResult } from '../provider.ts'
import type { Poster } from './send.ts'
import type { ServiceAccount } from './credentials.ts'

// Google's OAuth 2.0 for service accounts: a signed assertion is exchanged for a token of about an hour (RFC
// 7523, section 2.1).

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging'
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const ASSERTION_S = 3600
const EARLY_MS = 5 * 60_000
const DEFAULT_LIFE_S = 3600
/** Google accepts an assertion whose times are off by a few minutes. */
const SAME_TIME_MS = 60_000
/** No message aborts this request, because all waiting messages share it. */
const NEVER = new AbortController().signal

/** `failure`: the result of a message that cannot be sent without a token. */
export type TokenResult = { kind: 'token'; token: string } | { kind: 'failure'; failure: ProviderResult }

export type AccessTokens = {
  /** The token to use now, if no request for one is needed. */
  held(): string | undefined
  /** The token to use now. Concurrent calls share one request. */
  current(): Promise<TokenResult>
  /** Another token than `refused`. It may exist already. */
  replace(refused: string): Promise<TokenResult>
}

export function makeAccessTokens({
  account,
  poster,
  clock,
}: {
  account: ServiceAccount
  poster: Poster
  clock: Clock
}): AccessTokens {
  // Google gives the lifetime of a token, not its end, so the monotonic clock measures it.
  let held: { token: string; renewAt: number; endsAt: number } | undefined
  let fetching: Promise<TokenResult> | undefined
  const startedWith = clock.now() - steadyNow(clock)

  const ask = async (time: number) => poster.post(await tokenRequest(account, time), NEVER)

  /**
   * The times of the assertion must fit Google's clock. If they do not, Google's time is used, then the
   * system's time without its steps.
   */
  async function askAtRightTime(): Promise<CallResult> {
    const requestedAt = clock.now()
    const first = await ask(requestedAt)
    if (!isAboutTimes(first)) return first
    const serviceTime = dateIn(first.headers)
    const others = [...(serviceTime === undefined ? [] : [serviceTime]), steadyNow(clock) + startedWith]
    for (const time of others) {
      if (Math.abs(time - requestedAt) < SAME_TIME_MS) continue
      const reply = await ask(time)
      if (!isAboutTimes(reply)) return reply
    }
    return first
  }

  async function fetchToken(): Promise<TokenResult> {
    const requestedAt = steadyNow(clock)
    const reply = await askAtRightTime()
    const { token, life } = grantIn(reply)
    if (token === undefined) return { kind: 'failure', failure: failureAfter(reply) }
    // A token with a short life is renewed late.
    const early = Math.min(EARLY_MS, life / 2)
    held = { token, renewAt: requestedAt + life - early, endsAt: requestedAt + life }
    return { kind: 'token', token }
  }

  const fetchOnce = () => (fetching ??= fetchToken().finally(() => (fetching = undefined)))

  return {
    held: () => (held !== undefined && steadyNow(clock) < held.renewAt ? held.token : undefined),
    async current() {
      const now = steadyNow(clock)
      if (held === undefined || now >= held.renewAt) {
        const result = await fetchOnce()
        // Renewal is early, so that the old token is still valid when the token server is down.
        if (result.kind === 'token' || held === undefined || now >= held.endsAt) return result
      }
      return { kind: 'token', token: held.token }
    },
    async replace(refused) {
      if (held !== undefined && held.token !== refused) return { kind: 'token', token: held.token }
      held = undefined
      return fetchOnce()
    },
  }
}

async function tokenRequest({ email, keyId, key, tokenUri }: ServiceAccount, now: number) {
  const iat = Math.floor(now / 1000)
  const claims = { iss: email, scope: SCOPE, aud: tokenUri.href, iat, exp: iat + ASSERTION_S }
  const assertion = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: keyId })
    .sign(key)
  return {
    url: tokenUri,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({ grant_type: GRANT_TYPE, assertion }).toString(),
  }
}

/** `life` in milliseconds. */
function grantIn(reply: CallResult): { token?: string; life: number } {
  if (reply.kind === 'fault' || reply.status !== 200 || !isJsonObject(reply.body)) return { life: 0 }
  const { access_token: token, expires_in: seconds } = reply.body
  const isFit = typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)
  const life = 1000 * (typeof seconds === 'number' && seconds > 0 ? seconds : DEFAULT_LIFE_S)
  return { life, ...(isFit && { token }) }
}

function failureAfter(reply: CallResult): ProviderResult {
  if (reply.kind === 'fault') return { kind: 'retry', reason: `token: ${reply.fault}` }
  const { status } = reply
  const wait = reply.retryAfterMs
  if (status === 429 || status >= 500) {
    return {
      kind: 'retry',
      reason: `token: status ${status}`,
      ...(wait !== undefined && { retryAfterMs: wait }),
    }
  }
  if (status === 200) return { kind: 'retry', reason: 'token: bad response' }
  return { kind: 'misconfigured', reason: `token: ${errorIn(reply)}` }
}

/**
 * "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat
 * and exp values …"
 */
function isAboutTimes(reply: CallResult): reply is CallResponse {
  if (reply.kind === 'fault' || reply.status !== 400 || !isJsonObject(reply.body)) return false
  const { error, error_description: text } = reply.body
  return error === 'invalid_grant' && typeof text === 'string' && /timeframe|\biat\b|\bexp\b/i.test(text)
}

/** OAuth's error code (RFC 6749, section 5.2), such as `invalid_grant`. */
function errorIn({ status, body }: CallResponse): string {
  const error = isJsonObject(body) ? body.error : undefined
  return typeof error === 'string' && /^\w{1,64}$/.test(error) ? error : `status ${status}`
}
