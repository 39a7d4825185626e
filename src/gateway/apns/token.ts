import type { KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'

const MINUTE_MS = 60_000
// Apple accepts a token for an hour, and refuses a new one within 20 minutes.
const RENEW_AT_MS = 45 * MINUTE_MS
const LEAST_AGE_MS = 20 * MINUTE_MS
/** A smaller error of the clock does not invalidate a token. A larger step back puts the token into the future. */
const CLOCK_STEP_MS = 5 * MINUTE_MS

/**
 * A provider token, signed or being signed. The object is the same as long as the token is, so any number of
 * pushes share one signature, and tokens are compared as objects without waiting.
 */
export type ProviderToken = Promise<string>

/**
 * `steady`: a monotonic clock, for ages. `now`: the system clock, for times. `steady` can be left out if the
 * two never differ.
 */
export type TokenSource = {
  /** The token to use now. */
  current(now: number, steady?: number): ProviderToken
  /**
   * APNs has called a token expired: returns another one, which may exist already. `undefined`: the last one
   * was signed too recently for a new one.
   */
  replace(token: ProviderToken, now: number, steady?: number): ProviderToken | undefined
  /**
   * APNs has called a token expired or invalid. Returns one for another time if the system clock was set
   * since the first token, or the one that exists already. It does not wait for the 20 minutes, because the
   * refused token is useless; but it is limited to one in 20 minutes.
   */
  retime(token: ProviderToken, now: number, steady?: number): ProviderToken | undefined
  /** APNs has seen too many tokens: this one stays for 20 minutes from now. */
  pause(steady: number): void
  /** The time until `replace` returns another token, in milliseconds. */
  waitMs(steady: number): number
}

/** The provider tokens of one key of one team. Apple counts them by key, so all users of the key share them. */
export function makeTokenSource(signer: { teamId: string; keyId: string; key: KeyObject }): TokenSource {
  /** `offset`: the time that it was signed for minus `steadyAt`. */
  let token: { signed: ProviderToken; offset: number; wallAt: number; steadyAt: number } | undefined
  let notBefore = 0
  /** The offset of the first token. */
  let firstOffset: number | undefined
  let retimedAt = -Infinity

  const sign = (offset: number, now: number, steady: number): ProviderToken => {
    const made = { signed: signToken(signer, steady + offset), offset, wallAt: now, steadyAt: steady }
    token = made
    // The pushes that wait for it fail; the next one signs again.
    made.signed.catch(() => {
      if (token === made) token = undefined
    })
    notBefore = steady + LEAST_AGE_MS
    firstOffset ??= offset
    return made.signed
  }
  const renew = (now: number, steady: number) => sign(now - steady, now, steady)

  return {
    current(now, steady = now) {
      if (token === undefined) return renew(now, steady)
      const wallAge = now - token.wallAt
      if (wallAge < -CLOCK_STEP_MS) return renew(now, steady)
      const age = Math.max(wallAge, steady - token.steadyAt)
      return age >= RENEW_AT_MS && steady >= notBefore ? renew(now, steady) : token.signed
    },
    replace(expired, now, steady = now) {
      if (token !== undefined && token.signed !== expired) return token.signed
      return steady >= notBefore ? renew(now, steady) : undefined
    },
    retime(refused, now, steady = now) {
      if (token === undefined) return undefined
      if (token.signed !== refused) return token.signed
      if (steady - retimedAt < LEAST_AGE_MS) return undefined
      const { offset } = token
      const other = [now - steady, firstOffset ?? offset].find(
        (one) => Math.abs(one - offset) > CLOCK_STEP_MS,
      )
      if (other === undefined) return undefined
      retimedAt = steady
      return sign(other, now, steady)
    },
    pause(steady) {
      notBefore = steady + LEAST_AGE_MS
    },
    waitMs: (steady) => Math.max(0, notBefore - steady),
  }
}

/** Apple requires `iss` and `iat`, and no `exp`. */
function signToken(
  { teamId, keyId, key }: Parameters<typeof makeTokenSource>[0],
  now: number,
): ProviderToken {
  return new SignJWT({ iss: teamId, iat: Math.floor(now / 1000) })
    .setProtectedHeader({ alg: 'ES256', kid: keyId })
    .sign(key)
}

/**
 * The token sources of all apps: two apps with the same key share its tokens, also after a change of the
 * configuration.
 */
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
