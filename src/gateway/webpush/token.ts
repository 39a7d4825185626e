import { BoundedMap } from '../../lib/bounded-map.ts'
import { type Clock, steadyNow } from '../../lib/clock.ts'
import type { VapidKey } from './credentials.ts'

/**
 * The value of `Authorization`, with a token that is signed or is being signed. It is the same object for as long as it is the same token, so
 * however many messages ask at a time, it is signed once; and a header is compared with another as an object, without a wait.
 */
export type VapidHeader = Promise<string>

/** Signs what we send: one token for each push service and half a day, or another one when the push service refuses it. */
export type Vapid = {
  readonly publicKey: string
  /** The `sub` claim. */
  readonly subject: string
  /** For a request to this origin (`https://push.example`). */
  headerFor(origin: string): VapidHeader
  /** The push service has taken a message that was sent with this header. */
  accepted(origin: string, header: VapidHeader): void
  /** It has taken one with a token of the same times: what it refuses with this header, it refuses for another reason. */
  isProven(origin: string, header: VapidHeader): boolean
  /**
   * The push service says that `refused` is bad: another header to try, whose token has other times, or which was made for another
   * request meanwhile. `undefined`: there is none. `serviceTime`: the time by the push service's own clock, if it told.
   */
  renew(origin: string, refused: VapidHeader, serviceTime?: number): VapidHeader | undefined
}

const REUSED_MS = 12 * 3_600_000
/** RFC 8292 allows 24 h. The hour that nobody uses is for clocks that differ. */
const VALID_MS = REUSED_MS + 3_600_000
/** Users choose push services, so there may be any number of origins. */
const MAX_ORIGINS = 4096
/** A clock that is off by less makes no token bad. */
const SAME_TIME_MS = 60_000
/** So many times are tried at one push service in a minute, whatever it says. */
const MOST_TRIED = 3
const REFUSED_FOR_MS = 60_000

/** What is known of a push service. `offset` of a token: the time that it was signed for, less `steadyNow`. */
type Origin = {
  token?: { header: VapidHeader; madeAt: number; steadyAt: number; offset: number }
  /** Tokens that were refused a moment ago. */
  refused: { offset: number; at: number }[]
  /** Of the token that was taken last. */
  acceptedOffset?: number
}

/**
 * A token is good by the push service's clock, and ours may be wrong: at the start, or since it was set (NTP, a virtual machine that
 * comes back). So a token that is refused is made anew by the push service's time, and by the time that ours would show had it not been set.
 *
 * @param subject of `vapidSubject`
 */
export function createVapid(key: VapidKey, subject: string, clock: Clock): Vapid {
  const origins = new BoundedMap<string, Origin>({ limit: MAX_ORIGINS })
  const offsetOf = (time: number) => time - steadyNow(clock)
  const startedWith = offsetOf(clock.now())

  const stateOf = (origin: string): Origin => origins.getOrInsertComputed(origin, () => ({ refused: [] }))

  const make = (origin: string, state: Origin, offset: number): VapidHeader => {
    const steadyAt = steadyNow(clock)
    const time = Math.round(steadyAt + offset)
    const claims = { aud: origin, exp: Math.floor((time + VALID_MS) / 1000), sub: subject }
    const header = signToken(key, claims).then((token) => `vapid t=${token}, k=${key.publicKey}`)
    state.token = { header, madeAt: clock.now(), steadyAt, offset }
    // The messages that wait for it fail; the next one signs again.
    header.catch(() => {
      if (state.token?.header === header) delete state.token
    })
    return header
  }

  /** By both clocks: one that was set back has left a token from the future, which may end too late, or be older than it seems. */
  const isFresh = ({ madeAt, steadyAt }: { madeAt: number; steadyAt: number }) => {
    const age = clock.now() - madeAt
    return age >= 0 && Math.max(age, steadyNow(clock) - steadyAt) < REUSED_MS
  }

  return {
    publicKey: key.publicKey,
    subject,
    headerFor(origin) {
      const state = stateOf(origin)
      const { token } = state
      return token !== undefined && isFresh(token) ? token.header : make(origin, state, offsetOf(clock.now()))
    },
    accepted(origin, header) {
      const state = stateOf(origin)
      if (state.token?.header !== header) return
      state.acceptedOffset = state.token.offset
      state.refused = []
    },
    isProven(origin, header) {
      const { token, acceptedOffset } = origins.peek(origin) ?? {}
      return token?.header === header && acceptedOffset !== undefined && isSame(acceptedOffset, token.offset)
    },
    renew(origin, refused, serviceTime) {
      const state = stateOf(origin)
      const { token } = state
      if (token !== undefined && token.header !== refused) return token.header
      const at = steadyNow(clock)
      state.refused = state.refused.filter((one) => at - one.at < REFUSED_FOR_MS)
      const isKnown = state.refused.some(({ offset }) => offset === token?.offset)
      if (token !== undefined && !isKnown && state.refused.length < MOST_TRIED)
        state.refused.push({ offset: token.offset, at })
      const candidates = [...(serviceTime === undefined ? [] : [offsetOf(serviceTime)]), startedWith]
      const offset = [...candidates, offsetOf(clock.now())].find((one) =>
        state.refused.every((other) => !isSame(one, other.offset)),
      )
      if (offset !== undefined && state.refused.length < MOST_TRIED) return make(origin, state, offset)
      // The next message begins anew with the system's clock: it is the one that will be set right.
      if (token !== undefined && !isSame(token.offset, offsetOf(clock.now()))) delete state.token
      return undefined
    },
  }
}

const isSame = (one: number, other: number) => Math.abs(one - other) < SAME_TIME_MS

async function signToken(
  { privateKey }: VapidKey,
  claims: { aud: string; exp: number; sub: string },
): Promise<string> {
  // The home server reads its key at the start, and signs with the first push.
  const { SignJWT } = await import('jose')
  return new SignJWT(claims).setProtectedHeader({ typ: 'JWT', alg: 'ES256' }).sign(privateKey)
}
