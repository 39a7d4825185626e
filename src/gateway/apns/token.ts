import { sign, type KeyObject } from 'node:crypto'

const MINUTE_MS = 60_000
// Apple takes a token for an hour, and refuses new ones that come oftener than every 20 minutes.
const RENEW_AT_MS = 45 * MINUTE_MS
const LEAST_AGE_MS = 20 * MINUTE_MS
/** A clock that was set back further than this has made the token one of the future. */
const CLOCK_STEP_MS = 5 * MINUTE_MS

export type TokenSource = {
  /** The token to use now: ready made, or signed on the spot, which takes less than 0.1 ms and so never happens twice at a time. */
  current(now: number): string
  /**
   * After APNs has called a token expired: another one to use, which may be there already; `undefined` while it is too soon for
   * that.
   */
  replace(token: string, now: number): string | undefined
  /** After APNs has seen too many tokens: this one stays for 20 minutes from now. */
  pause(now: number): void
  /** How long until `replace` would give another token, in milliseconds. */
  waitMs(now: number): number
}

/** Provider tokens for one key of one team. Apple counts them by key, so whoever uses that key shares them. */
export function makeTokenSource(signer: { teamId: string; keyId: string; key: KeyObject }): TokenSource {
  let token: { text: string; at: number } | undefined
  let notBefore = 0

  const renew = (now: number): string => {
    token = { text: signToken(signer, now), at: now }
    notBefore = now + LEAST_AGE_MS
    return token.text
  }

  return {
    current(now) {
      if (token === undefined) return renew(now)
      const age = now - token.at
      if (age < -CLOCK_STEP_MS) return renew(now)
      return age >= RENEW_AT_MS && now >= notBefore ? renew(now) : token.text
    },
    replace(expired, now) {
      if (token !== undefined && token.text !== expired) return token.text
      return now >= notBefore ? renew(now) : undefined
    },
    pause(now) {
      notBefore = now + LEAST_AGE_MS
    },
    waitMs: (now) => Math.max(0, notBefore - now),
  }
}

/** JWT with ES256 (RFC 7515, RFC 7518 section 3.4); Apple wants `iss` and `iat` and no `exp`. */
function signToken({ teamId, keyId, key }: Parameters<typeof makeTokenSource>[0], now: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const data = `${part({ alg: 'ES256', kid: keyId })}.${part({ iss: teamId, iat: Math.floor(now / 1000) })}`
  const signature = sign('sha256', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' })
  return `${data}.${signature.toString('base64url')}`
}

/** The token sources of all apps, so that two apps with one key share its tokens, also across a change of configuration. */
export function makeTokenSources() {
  const sources = new Map<string, { key: KeyObject; source: TokenSource }>()
  return function sourceFor(signer: { teamId: string; keyId: string; key: KeyObject }): TokenSource {
    const name = JSON.stringify([signer.teamId, signer.keyId])
    const known = sources.get(name)
    if (known?.key.equals(signer.key) === true) return known.source
    const source = makeTokenSource(signer)
    sources.set(name, { key: signer.key, source })
    return source
  }
}
