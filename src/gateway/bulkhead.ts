import { BoundedMap } from '../lib/bounded-map.ts'
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
// A pause for a configuration error ends with the first delivery. Whichever device comes next makes the probe, and it may be one that
// is refused for itself, so the next one must not wait for long: a probe in half a minute costs no provider anything.
const OF_REFUSED: CircuitRules = { ...OF_LINE, lastRestMs: 30_000 }
const OF_APP: CircuitRules = { breaksAt: 1, firstRestMs: 30_000, lastRestMs: 60_000, probeMs: 90_000 }
/** So many devices in a row are no coincidence, where another one was delivered to before. */
const REFUSED_DEVICES = 5
/** So many devices that are refused are remembered. */
const MOST_REFUSED = 1000
/** An app that reaches many push services lets each have this part at most. */
const SHARE_OF_LINE = 1 / 4
/** So many wait in memory; the others wait in the queue. */
const MOST_WAITING = 10_000
/** Users invent push services. Beyond it the line used longest ago is forgotten, whether it works or not. */
const MOST_KNOWN = 10_000

/** The right to send one message to one device. */
export type Pass = { line: string; device: string }
/** `full`: there was no place. `resting`: nothing is sent for now. */
export type Refusal = 'full' | 'resting'

/**
 * What the attempt has shown. `delivered`; `answered`: it is there, whatever it said; `outage`; `misconfigured`: nothing can be sent
 * there; `refused`: the provider blames the configuration, over a message to one device; `alarm`: no rejection of this app is to be
 * believed; `nothing`.
 */
export type Impression =
  | 'delivered'
  | 'answered'
  | 'outage'
  | 'misconfigured'
  | 'refused'
  | 'alarm'
  | 'nothing'

export type Trouble = { line: string; reason: string; since: number; restsUntil: number }

type Waiting = { state: State; device: string; resolve: (entrance: Pass | Refusal) => void }
type State = {
  line: string
  inFlight: number
  waiting: Set<Waiting>
  circuit: Circuit
  rules: CircuitRules
  hasDelivered: boolean
  /** Devices that the provider has refused for the configuration since the last delivery, and those of before. */
  refused: Set<string>
  refusedAlone: BoundedMap<string, true>
  reason: string
  since: number
}

export type Bulkhead = ReturnType<typeof createBulkhead>

/** The places of one app, and how its lines do. */
type Places = {
  readonly clock: Clock
  readonly random: Random
  readonly limit: number
  readonly lines: BoundedMap<string, State>
  /** The app as a whole. */
  readonly whole: State
  /** The lines that messages wait for. */
  readonly awaited: Set<State>
  waiting: number
}

/** `limit`: so many messages in flight. The line of an app that has only one may have all places. */
export function createBulkhead({ clock, random, limit }: { clock: Clock; random: Random; limit: number }) {
  const whole = newState('', OF_APP)
  const lines = new BoundedMap<string, State>({
    limit: MOST_KNOWN,
    isInUse: (state) => state.inFlight > 0 || state.waiting.size > 0,
  })
  const places: Places = { clock, random, limit, lines, whole, awaited: new Set(), waiting: 0 }
  return {
    enter: (line: string, device: string) => enter(places, line, device),
    /** `reason`: what is wrong, in a word. */
    leave: (pass: Pass, impression: Impression, reason: string) =>
      leave(places, pass, { impression, reason }),
    inFlight: () => whole.inFlight,
    waiting: () => places.waiting,
    /** How many more may go there now; and, if none for it rests, when to ask again. */
    roomAt: (line: string) => roomAt(places, line),
    /** What does not work at the moment, the app as a whole under the name ''. */
    troubles: () => troublesOf(places),
  }
}

const stateOf = ({ lines }: Places, line: string): State =>
  lines.getOrInsertComputed(line, () => newState(line, OF_LINE))

/** How long nothing may go there, in milliseconds. */
function rest({ clock, whole }: Places, state: State): number {
  const now = clock.now()
  const restOf = (of: State) => (isPaused(of) ? restLeft(of.circuit, of.rules, now) : 0)
  return Math.max(restOf(state), restOf(whole))
}

const perLine = ({ lines, limit }: Places) =>
  lines.size <= 1 ? limit : Math.max(1, Math.ceil(limit * SHARE_OF_LINE))

const hasPlace = (places: Places, state: State) =>
  places.whole.inFlight < places.limit && state.inFlight < perLine(places)

function take({ clock, whole }: Places, state: State, device: string): Pass {
  const pass = { line: state.line, device }
  const probe = { by: pass, since: clock.now() }
  if (isPaused(state)) state.circuit.probe = probe
  if (isPaused(whole)) whole.circuit.probe = probe
  state.inFlight++
  whole.inFlight++
  return pass
}

type Entrance = { entrance: Pass | Refusal | Promise<Pass | Refusal>; withdraw: () => void }

function enter(places: Places, line: string, device: string): Entrance {
  const state = stateOf(places, line)
  const at = (entrance: Pass | Refusal) => ({ entrance, withdraw: () => undefined })
  if (rest(places, state) > 0) return at('resting')
  if (hasPlace(places, state)) return at(take(places, state, device))
  if (places.waiting >= MOST_WAITING) return at('full')
  const { promise, resolve } = Promise.withResolvers<Pass | Refusal>()
  const one = { state, device, resolve }
  state.waiting.add(one)
  places.awaited.add(state)
  places.waiting++
  return { entrance: promise, withdraw: () => dismiss(places, one, 'full') }
}

function dismiss(places: Places, one: Waiting, entrance: Pass | Refusal): void {
  if (!one.state.waiting.delete(one)) return
  places.waiting--
  if (one.state.waiting.size === 0) places.awaited.delete(one.state)
  one.resolve(entrance)
}

/** Places are free: one after the other, line by line, so that no line keeps another waiting. */
function admitWaiting(places: Places): void {
  const { awaited, whole, limit } = places
  for (const state of awaited) {
    const [first] = state.waiting
    if (first === undefined) continue
    if (rest(places, state) > 0) for (const one of state.waiting) dismiss(places, one, 'resting')
    else if (hasPlace(places, state)) {
      dismiss(places, first, take(places, state, first.device))
      if (state.waiting.size > 0) {
        awaited.delete(state)
        awaited.add(state)
      }
    }
    if (whole.inFlight >= limit) return
  }
}

function leave(
  places: Places,
  pass: Pass,
  { impression, reason }: { impression: Impression; reason: string },
): { news: 'broken' | 'back' | undefined } {
  const { clock, whole } = places
  const state = stateOf(places, pass.line)
  state.inFlight = Math.max(0, state.inFlight - 1)
  whole.inFlight--
  const news = learn(places, { state, pass, impression })
  if (news === 'broken') {
    const of = impression === 'alarm' ? whole : state
    of.reason = reason
    of.since = clock.now()
  }
  admitWaiting(places)
  return { news }
}

function learn(
  places: Places,
  { state, pass, impression }: { state: State; pass: Pass; impression: Impression },
): 'broken' | 'back' | undefined {
  const { whole } = places
  switch (impression) {
    case 'delivered': {
      noteDelivery(state, pass)
      const isLineBack = answers(state)
      return answers(whole) || isLineBack ? 'back' : undefined
    }
    case 'answered':
      // Only a delivery shows that the app is configured well; who tried in vain tries again later.
      if (whole.circuit.probe?.by === pass) fails(places, whole, pass)
      return answers(state) ? 'back' : undefined
    case 'alarm':
      endProbe(state.circuit, pass)
      return fails(places, whole, pass)
    case 'misconfigured':
    case 'refused':
    case 'outage':
      endProbe(whole.circuit, pass)
      if (impression === 'refused' && !isRefusedAsAWhole(state, pass)) return undefined
      if (impression !== 'outage') breakAtNextFailure(state, impression)
      return fails(places, state, pass)
    case 'nothing':
      endProbe(state.circuit, pass)
      endProbe(whole.circuit, pass)
      return undefined
  }
}

function fails({ clock, random }: Places, state: State, by: Pass): 'broken' | undefined {
  const failure = { by, now: clock.now(), random }
  return noteFailure(state.circuit, state.rules, failure) === 'news' ? 'broken' : undefined
}

function roomAt(places: Places, line: string): { room: number; restMs: number } {
  const { whole, limit } = places
  const state = stateOf(places, line)
  const restMs = rest(places, state)
  if (restMs > 0) return { room: 0, restMs }
  const isProbing = isPaused(state) || isPaused(whole)
  const room = Math.min(perLine(places) - state.inFlight, limit - whole.inFlight)
  // Never none: what waits on the disk must not wait for ever behind what comes in.
  return { room: isProbing ? 1 : Math.max(1, room - state.waiting.size), restMs: 0 }
}

function troublesOf({ lines, whole }: Places): Trouble[] {
  const broken = [...lines.values()].filter(isPaused)
  if (isPaused(whole)) broken.unshift(whole)
  return broken.map(({ line, reason, since, circuit }) => ({
    line,
    reason,
    since,
    restsUntil: circuit.restsUntil,
  }))
}

const isPaused = ({ circuit, rules }: State) => isBroken(circuit, rules)

/** True: it was paused until now. */
const answers = ({ circuit, rules }: State) => noteAnswer(circuit, rules)

/**
 * Does that a device was refused concern the others? Where something was delivered, the devices that are refused may be of another kind
 * (another platform of a Firebase project, a subscription made with another key), and must not hold up those that are well.
 */
function isRefusedAsAWhole(state: State, { device }: Pass): boolean {
  const isKnown = state.refusedAlone.peek(device) === true
  if (!isKnown && state.refused.size < MOST_REFUSED) state.refused.add(device)
  if (isPaused(state) || !state.hasDelivered) return true
  return !isKnown && state.refused.size >= REFUSED_DEVICES
}

/** The devices that were refused before were refused for themselves. */
function noteDelivery(state: State, { device }: Pass): void {
  state.hasDelivered = true
  for (const one of state.refused) state.refusedAlone.set(one, true)
  state.refused.clear()
  state.refusedAlone.delete(device)
}

function breakAtNextFailure(state: State, impression: 'misconfigured' | 'refused'): void {
  if (isPaused(state)) return
  state.rules = impression === 'refused' ? OF_REFUSED : OF_LINE
  state.circuit.failures = state.rules.breaksAt - 1
}

function endProbe(circuit: Circuit, pass: Pass): void {
  if (circuit.probe?.by === pass) circuit.probe = undefined
}

const newState = (line: string, rules: CircuitRules): State => ({
  line,
  inFlight: 0,
  waiting: new Set(),
  circuit: closedCircuit(),
  rules,
  hasDelivered: false,
  refused: new Set(),
  refusedAlone: new BoundedMap({ limit: MOST_REFUSED }),
  reason: '',
  since: 0,
})
