import type { KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'

const MINUTE_MS = 60_000
// Apple takes a token for an hour, and refuses new ones that come oftener than every 20 minutes.
const RENEW_AT_MS = 45 * MINUTE_MS
const LEAST_AGE_MS = 20 * MINUTE_MS
/** A clock that is off by less makes no token bad. One that was set back further has made the token one of the future. */
const CLOCK_STEP_MS = 5 * MINUTE_MS

/**
 * A provider token that is signed or is being signed. It is the same object for as long as it is the same token, so however many pushes ask at a
 * time, it is signed once; and a token is compared with another as an object, without a wait.
 */
export type ProviderToken = Promise<string>

/**
 * Ages are told by `steady`, a clock that is never set, and times by `now`. `steady` is left out where the two never part.
 */
export type TokenSource = {
  /** The token to use now. */
  current(now: number, steady?: number): ProviderToken
  /**
   * After APNs has called a token expired: another one to use, which may be there already; `undefined` while it is too soon for
   * that.
   */
  replace(token: ProviderToken, now: number, steady?: number): ProviderToken | undefined
  /**
   * After APNs has called a token expired or invalid: one for another time, where the system's clock was set since the first token, or the
   * one that is there already. It does not wait for the 20 minutes, for the one that is refused is of no use; but it is one in 20 minutes.
   */
  retime(token: ProviderToken, now: number, steady?: number): ProviderToken | undefined
  /** After APNs has seen too many tokens: this one stays for 20 minutes from now. */
  pause(steady: number): void
  /** How long until `replace` would give another token, in milliseconds. */
  waitMs(steady: number): number
}

/** Provider tokens for one key of one team. Apple counts them by key, so whoever uses that key shares them. */
export function makeTokenSource(signer: { teamId: string; keyId: string; key: KeyObject }): TokenSource {
  /** `offset`: the time that it was signed for, less `steadyAt`. */
  let token: { signed: ProviderToken; offset: number; wallAt: number; steadyAt: number } | undefined
  let notBefore = 0
  /** That of the first token. */
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

/** Apple wants `iss` and `iat`, and no `exp`. */
function signToken(
  { teamId, keyId, key }: Parameters<typeof makeTokenSource>[0],
  now: number,
): ProviderToken {
  return new SignJWT({ iss: teamId, iat: Math.floor(now / 1000) })
    .setProtectedHeader({ alg: 'ES256', kid: keyId })
    .sign(key)
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
