import { BoundedMap } from '../lib/bounded-map.ts'
import { type Circuit, type CircuitRules, closedCircuit, isBroken } from './circuit.ts'

// The state of one line: a destination with a circuit breaker and a share of the slots.

export const OF_LINE: CircuitRules = {
  breaksAt: 5,
  firstPauseMs: 5000,
  lastPauseMs: 300_000,
  probeMs: 90_000,
}
// The first delivery ends a pause for a configuration error. The next probe can be for a device that is
// refused for its own reason, so probes must be frequent. One every half minute is no load for a provider.
const OF_REFUSED: CircuitRules = { ...OF_LINE, lastPauseMs: 30_000 }
export const OF_GROUP: CircuitRules = {
  breaksAt: 1,
  firstPauseMs: 30_000,
  lastPauseMs: 60_000,
  probeMs: 90_000,
}
/** After a delivery, this number of different devices refused in a row is a fault of the line. */
const REFUSED_DEVICES = 5
/** The maximum number of refused devices in memory for each line. */
const MAX_REFUSED = 1000

/** A lane of the database, or a first attempt with the key of its device. */
export type Sender = { laneId?: number; key?: string | null }

export type Line<Waiting> = {
  readonly name: string
  inFlight: number
  /** Requests that wait in memory for a slot. */
  readonly waiting: Set<Waiting>
  /**
   * The lanes among them: only the first one is in `waiting`, so that a long queue of lanes does not delay
   * first attempts and first attempts do not keep lanes waiting for ever.
   */
  readonly lanes: Set<Waiting>
  circuit: Circuit
  rules: CircuitRules
  /** Lanes that the pause holds, with their increasing numbers in the order of the queue. */
  readonly held: Map<number, number>
  lastHeld: number
  /** The reason of the last failure. */
  reason: string
  /** The start of the pause. Milliseconds since the Unix epoch. */
  since: number
  hasDelivered: boolean
  /**
   * Devices refused for the configuration since the last delivery. `refusedAlone`: devices refused before a
   * later delivery.
   */
  readonly refused: Set<string>
  refusedAlone: BoundedMap<string, true> | undefined
}

export const makeLine = <Waiting>(name: string, rules: CircuitRules): Line<Waiting> => ({
  name,
  inFlight: 0,
  waiting: new Set(),
  lanes: new Set(),
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

/** Held lanes continue one after another within this time. */
export const SPREAD_MS = 10_000
export const SPREAD_STEP_MS = 10

/**
 * Adds a lane to the queue for the end of the pause; a lane in the queue keeps its place. Returns its delay
 * after the end of the pause, in milliseconds. The first lane sends the next probe.
 */
export function holdLane(line: AnyLine, laneId: number): number {
  let place = line.held.get(laneId)
  if (place === undefined) line.held.set(laneId, (place = ++line.lastHeld))
  const [first = place] = line.held.values()
  return Math.min(SPREAD_MS, (place - first) * SPREAD_STEP_MS)
}

/** Like `holdLane`, at the end of the queue: the probe of the lane failed, so another lane sends the next one. */
export function holdLast(line: AnyLine, laneId: number): number {
  line.held.delete(laneId)
  return holdLane(line, laneId)
}

export const isPaused = ({ circuit, rules }: AnyLine) => isBroken(circuit, rules)

/**
 * Whether the refusal of one device is a fault of its line. On a line with deliveries, the refused devices
 * can be of another kind (another platform of a Firebase project, a subscription with another key) and must
 * not delay working devices.
 */
export function isRefusedAsAWhole(line: AnyLine, { key }: Sender): boolean {
  const device = key ?? ''
  const isKnown = line.refusedAlone?.peek(device) === true
  if (!isKnown && line.refused.size < MAX_REFUSED) line.refused.add(device)
  if (isPaused(line) || !line.hasDelivered) return true
  return !isKnown && line.refused.size >= REFUSED_DEVICES
}

/** A delivery shows that the earlier refusals concerned single devices. */
export function noteDelivery(line: AnyLine, { key }: Sender): void {
  line.hasDelivered = true
  for (const one of line.refused) {
    line.refusedAlone ??= new BoundedMap({ limit: MAX_REFUSED })
    line.refusedAlone.set(one, true)
  }
  line.refused.clear()
  line.refusedAlone?.delete(key ?? '')
}

/** A configuration error pauses a line at once. An outage needs several failures in a row. */
export function breakAtNextFailure(line: AnyLine, evidence: 'misconfigured' | 'refused'): void {
  if (isPaused(line)) {
    // The pause may be one of an earlier process, whose rules are not known.
    if (evidence === 'refused') line.rules = OF_REFUSED
    return
  }
  line.rules = evidence === 'refused' ? OF_REFUSED : OF_LINE
  line.circuit.failures = line.rules.breaksAt - 1
}

/** `by`: the sender that began the probe. */
export function endProbe({ circuit }: AnyLine, by: unknown): void {
  if (circuit.probe?.by === by) circuit.probe = undefined
}
