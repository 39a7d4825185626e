import { BoundedMap } from '../../lib/bounded-map.ts'
import { type Clock, steadyNow } from '../../lib/clock.ts'
import type { VapidKey } from './credentials.ts'

/**
 * The value of `Authorization`, with a token that is signed or being signed. The object is the same as long
 * as the token is, so any number of messages share one signature, and headers are compared as objects without
 * waiting.
 */
export type VapidHeader = Promise<string>

/** Signs requests: one token for each push service and half a day, or another one if the push service refuses it. */
export type Vapid = {
  readonly publicKey: string
  /** The `sub` claim. */
  readonly subject: string
  /** For a request to this origin (`https://push.example`). */
  headerFor(origin: string): VapidHeader
  /** The push service has accepted a message with this header. */
  accepted(origin: string, header: VapidHeader): void
  /** The push service has accepted a token of the same times, so a refusal of this header has another reason. */
  isProven(origin: string, header: VapidHeader): boolean
  /**
   * The push service says that `refused` is bad. Returns another header, whose token has other times or was
   * created for another request in the meantime. `undefined`: none is left. `serviceTime`: the time by the
   * clock of the push service, if it sent it.
   */
  renew(origin: string, refused: VapidHeader, serviceTime?: number): VapidHeader | undefined
}

const REUSED_MS = 12 * 3_600_000
/** RFC 8292 allows 24 h. The unused hour covers differences between clocks. */
const VALID_MS = REUSED_MS + 3_600_000
/** Users choose push services, so their number is not limited. */
const MAX_ORIGINS = 4096
/** A smaller error of the clock does not invalidate a token. */
const SAME_TIME_MS = 60_000
/** The most times that are tried at one push service in a minute. */
const MOST_TRIED = 3
const REFUSED_FOR_MS = 60_000

/** The state of a push service. `offset` of a token: the time that it was signed for minus `steadyNow`. */
type Origin = {
  token?: { header: VapidHeader; madeAt: number; steadyAt: number; offset: number }
  /** Tokens that were refused recently. */
  refused: { offset: number; at: number }[]
  /** Of the token that was accepted last. */
  acceptedOffset?: number
}

/**
 * A token is valid by the clock of the push service, and the system clock can be wrong: at the start, or
 * after it was set (NTP, a virtual machine that resumes). So a refused token is signed again for the time of
 * the push service, and for the time that the system clock would show without steps.
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

  /** By both clocks: after a step back, a token is from the future, and can end too late or be older than it seems. */
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
      // The next message starts with the system clock again, because that is the one that will be corrected.
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
