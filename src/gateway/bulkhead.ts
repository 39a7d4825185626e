import {
  type Circuit,
  type CircuitRules,
  closedCircuit,
  isBroken,
  noteAnswer,
  noteFailure,
  restLeft,
} from '../lib/circuit.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'

// What keeps one slow provider from delaying another: an app has so many messages in flight, and each of its lines a share of them;
// who finds no place waits in the line of his line. A line that does not answer is left alone, and so is an app that is
// configured wrongly: nobody waits for those.

const OF_LINE: CircuitRules = { breaksAt: 5, firstRestMs: 5000, lastRestMs: 300_000, probeMs: 90_000 }
const OF_APP: CircuitRules = { breaksAt: 1, firstRestMs: 30_000, lastRestMs: 600_000, probeMs: 90_000 }
/** An app that reaches many push services lets each have this part at most. */
const SHARE_OF_LINE = 1 / 4
/** So many wait in memory; the others wait in the queue. */
const MOST_WAITING = 10_000
/** Beyond it lines in good health are forgotten. */
const MOST_KNOWN = 10_000

/** The right to send one message. */
export type Pass = { line: string }
/** `full`: there was no place. `resting`: nothing is sent for now. */
export type Refusal = 'full' | 'resting'

/**
 * What the attempt has shown. `delivered`; `answered`: it is there, whatever it said; `outage`; `misconfigured`; `alarm`: no rejection of
 * this app is to be believed; `nothing`.
 */
export type Impression = 'delivered' | 'answered' | 'outage' | 'misconfigured' | 'alarm' | 'nothing'

export type Trouble = { line: string; reason: string; since: number; restsUntil: number }

type Waiting = { state: State; resolve: (entrance: Pass | Refusal) => void }
type State = {
  line: string
  inFlight: number
  waiting: Set<Waiting>
  circuit: Circuit
  reason: string
  since: number
}

export type Bulkhead = ReturnType<typeof createBulkhead>

/** `limit`: so many messages in flight. `isOneLine`: all go the same way, which may then have all places. */
export function createBulkhead({ clock, random, limit }: { clock: Clock; random: Random; limit: number }) {
  const lines = new Map<string, State>()
  const whole = newState('')
  const perLine = () => (lines.size <= 1 ? limit : Math.max(1, Math.ceil(limit * SHARE_OF_LINE)))
  const awaited = new Set<State>()
  let waiting = 0

  function stateOf(line: string): State {
    const known = lines.get(line)
    if (known) return known
    if (lines.size >= MOST_KNOWN) forgetOne()
    const state = newState(line)
    lines.set(line, state)
    return state
  }

  function forgetOne(): void {
    for (const [line, state] of lines) {
      if (state.inFlight > 0 || state.waiting.size > 0 || state.circuit.failures > 0) continue
      lines.delete(line)
      return
    }
  }

  /** How long nothing may go there, in milliseconds. */
  function rest(state: State): number {
    const now = clock.now()
    const ofLine = isBroken(state.circuit, OF_LINE) ? restLeft(state.circuit, OF_LINE, now) : 0
    const ofApp = isBroken(whole.circuit, OF_APP) ? restLeft(whole.circuit, OF_APP, now) : 0
    return Math.max(ofLine, ofApp)
  }

  const hasPlace = (state: State) => whole.inFlight < limit && state.inFlight < perLine()

  function take(state: State): Pass {
    const pass = { line: state.line }
    const probe = { by: pass, since: clock.now() }
    if (isBroken(state.circuit, OF_LINE)) state.circuit.probe = probe
    if (isBroken(whole.circuit, OF_APP)) whole.circuit.probe = probe
    state.inFlight++
    whole.inFlight++
    return pass
  }

  function enter(line: string): { entrance: Pass | Refusal | Promise<Pass | Refusal>; withdraw: () => void } {
    const state = stateOf(line)
    const at = (entrance: Pass | Refusal) => ({ entrance, withdraw: () => undefined })
    if (rest(state) > 0) return at('resting')
    if (hasPlace(state)) return at(take(state))
    if (waiting >= MOST_WAITING) return at('full')
    const { promise, resolve } = Promise.withResolvers<Pass | Refusal>()
    const one = { state, resolve }
    state.waiting.add(one)
    awaited.add(state)
    waiting++
    return { entrance: promise, withdraw: () => dismiss(one, 'full') }
  }

  function dismiss(one: Waiting, entrance: Pass | Refusal): void {
    if (!one.state.waiting.delete(one)) return
    waiting--
    if (one.state.waiting.size === 0) awaited.delete(one.state)
    one.resolve(entrance)
  }

  /** Places are free: one after the other, line by line, so that no line keeps another waiting. */
  function admitWaiting(): void {
    for (const state of awaited) {
      const [first] = state.waiting
      if (first === undefined) continue
      if (rest(state) > 0) for (const one of state.waiting) dismiss(one, 'resting')
      else if (hasPlace(state)) {
        dismiss(first, take(state))
        if (state.waiting.size > 0) {
          awaited.delete(state)
          awaited.add(state)
        }
      }
      if (whole.inFlight >= limit) return
    }
  }

  /** `reason`: what is wrong, in a word. */
  function leave(
    pass: Pass,
    impression: Impression,
    reason: string,
  ): { news: 'broken' | 'back' | undefined } {
    const state = stateOf(pass.line)
    state.inFlight = Math.max(0, state.inFlight - 1)
    whole.inFlight--
    const news = learn(state, pass, impression)
    if (news === 'broken') {
      const of = impression === 'alarm' ? whole : state
      of.reason = reason
      of.since = clock.now()
    }
    admitWaiting()
    return { news }
  }

  function learn(state: State, pass: Pass, impression: Impression): 'broken' | 'back' | undefined {
    const failure = { by: pass, now: clock.now(), random }
    switch (impression) {
      case 'delivered': {
        const isLineBack = noteAnswer(state.circuit, OF_LINE)
        return noteAnswer(whole.circuit, OF_APP) || isLineBack ? 'back' : undefined
      }
      case 'answered':
        // Only a delivery shows that the app is configured well; who tried in vain tries again later.
        if (whole.circuit.probe?.by === pass) noteFailure(whole.circuit, OF_APP, failure)
        return noteAnswer(state.circuit, OF_LINE) ? 'back' : undefined
      case 'alarm':
        endProbe(state.circuit, pass)
        return noteFailure(whole.circuit, OF_APP, failure) === 'news' ? 'broken' : undefined
      case 'misconfigured':
      case 'outage': {
        endProbe(whole.circuit, pass)
        if (impression === 'misconfigured' && !isBroken(state.circuit, OF_LINE))
          state.circuit.failures = OF_LINE.breaksAt - 1
        return noteFailure(state.circuit, OF_LINE, failure) === 'news' ? 'broken' : undefined
      }
      case 'nothing':
        endProbe(state.circuit, pass)
        endProbe(whole.circuit, pass)
        return undefined
    }
  }

  return {
    enter,
    leave,
    inFlight: () => whole.inFlight,
    waiting: () => waiting,
    /** How many more may go there now; and, if none for it rests, when to ask again. */
    roomAt(line: string): { room: number; restMs: number } {
      const state = stateOf(line)
      const restMs = rest(state)
      if (restMs > 0) return { room: 0, restMs }
      const isProbing = isBroken(state.circuit, OF_LINE) || isBroken(whole.circuit, OF_APP)
      const room = Math.min(perLine() - state.inFlight, limit - whole.inFlight)
      // Never none: what waits on the disk must not wait for ever behind what comes in.
      return { room: isProbing ? 1 : Math.max(1, room - state.waiting.size), restMs: 0 }
    },
    /** What does not work at the moment, the app as a whole under the name ''. */
    troubles(): Trouble[] {
      const broken = [...lines.values()].filter((state) => isBroken(state.circuit, OF_LINE))
      if (isBroken(whole.circuit, OF_APP)) broken.unshift(whole)
      return broken.map(({ line, reason, since, circuit }) => ({
        line,
        reason,
        since,
        restsUntil: circuit.restsUntil,
      }))
    },
  }
}

function endProbe(circuit: Circuit, pass: Pass): void {
  if (circuit.probe?.by === pass) circuit.probe = undefined
}

const newState = (line: string): State => ({
  line,
  inFlight: 0,
  waiting: new Set(),
  circuit: closedCircuit(),
  reason: '',
  since: 0,
})
