import { BoundedMap } from '../lib/bounded-map.ts'
import { type Circuit, type CircuitRules, closedCircuit, isBroken } from './circuit.ts'

// The state of one line: a destination that shares a circuit breaker and a share of what may be in flight.

export const OF_LINE: CircuitRules = {
  breaksAt: 5,
  firstPauseMs: 5000,
  lastPauseMs: 300_000,
  probeMs: 90_000,
}
// The first delivery ends a pause for a configuration error. The next probe may be for a device that is refused for itself, so the
// probe after it must come soon: every half minute costs no provider anything.
const OF_REFUSED: CircuitRules = { ...OF_LINE, lastPauseMs: 30_000 }
export const OF_GROUP: CircuitRules = {
  breaksAt: 1,
  firstPauseMs: 30_000,
  lastPauseMs: 60_000,
  probeMs: 90_000,
}
/** After a delivery, so many different devices that are refused in a row concern the whole line. */
const REFUSED_DEVICES = 5
/** So many refused devices are remembered for each line. */
const MAX_REFUSED = 1000

/** A sender: a lane of the database, a device, or both. */
export type Sender = { laneId?: number; device?: string }

export type Line<Waiting> = {
  readonly name: string
  inFlight: number
  /** Requests that wait in memory for a slot. */
  readonly waiting: Set<Waiting>
  circuit: Circuit
  rules: CircuitRules
  /** Lanes that the pause keeps waiting, each with its number in that queue, which grows. */
  readonly held: Map<number, number>
  lastHeld: number
  /** Of the last failure. */
  reason: string
  /** When the pause began. Milliseconds since the Unix epoch. */
  since: number
  hasDelivered: boolean
  /** Devices refused for the configuration since the last delivery; and devices refused before a delivery, for themselves. */
  readonly refused: Set<string>
  refusedAlone: BoundedMap<string, true> | undefined
}

export const makeLine = <Waiting>(name: string, rules: CircuitRules): Line<Waiting> => ({
  name,
  inFlight: 0,
  waiting: new Set(),
  circuit: closedCircuit(),
  rules,
  held: new Map(),
  lastHeld: 0,
  reason: 'network',
  since: 0,
  hasDelivered: false,
  refused: new Set(),
  refusedAlone: undefined,
})

type AnyLine = Line<unknown>

/** Held lanes continue one after another, within this time. */
export const SPREAD_MS = 10_000
export const SPREAD_STEP_MS = 10

/**
 * Puts a lane into the queue for the end of the pause, where it keeps its place. Returns how long after that end it is its turn, in
 * milliseconds. The first of them makes the next probe.
 */
export function holdLane(line: AnyLine, laneId: number): number {
  let place = line.held.get(laneId)
  if (place === undefined) line.held.set(laneId, (place = ++line.lastHeld))
  const [first = place] = line.held.values()
  return Math.min(SPREAD_MS, (place - first) * SPREAD_STEP_MS)
}

/** As `holdLane`, but at the end of that queue: its probe has failed, and another lane may have more luck. */
export function holdLast(line: AnyLine, laneId: number): number {
  line.held.delete(laneId)
  return holdLane(line, laneId)
}

export const isPaused = ({ circuit, rules }: AnyLine) => isBroken(circuit, rules)

/**
 * Whether the refusal of one device concerns the others of its line. Where something has been delivered, the refused devices may be of another
 * kind (another platform of a Firebase project, a subscription made with another key) and must not hold up the working ones.
 */
export function isRefusedAsAWhole(line: AnyLine, { device = '' }: Sender): boolean {
  const isKnown = line.refusedAlone?.peek(device) === true
  if (!isKnown && line.refused.size < MAX_REFUSED) line.refused.add(device)
  if (isPaused(line) || !line.hasDelivered) return true
  return !isKnown && line.refused.size >= REFUSED_DEVICES
}

/** A delivery shows that the devices refused before it were refused for themselves. */
export function noteDelivery(line: AnyLine, { device = '' }: Sender): void {
  line.hasDelivered = true
  for (const one of line.refused) {
    line.refusedAlone ??= new BoundedMap({ limit: MAX_REFUSED })
    line.refusedAlone.set(one, true)
  }
  line.refused.clear()
  line.refusedAlone?.delete(device)
}

/** A configuration error pauses a line at once, without the failures in a row that an outage needs. */
export function breakAtNextFailure(line: AnyLine, evidence: 'misconfigured' | 'refused'): void {
  if (isPaused(line)) return
  line.rules = evidence === 'refused' ? OF_REFUSED : OF_LINE
  line.circuit.failures = line.rules.breaksAt - 1
}

/** `by`: as the probe was begun. */
export function endProbe({ circuit }: AnyLine, by: unknown): void {
  if (circuit.probe?.by === by) circuit.probe = undefined
}
