import type { Random } from '../lib/ids.ts'

// Circuit breaker: stops calling a destination that keeps failing.
//
//            `breaksAt` failures in a row             the pause is over: one probe is sent
//   closed ─────────────────────────────▶ paused ◀───────────────────────────────────▶ probed
//      ▲                                        the probe fails, or was never sent       │
//      └─────────────────────────────────────────────────────────────────────────────────┘ a response
//
// A circuit is plain data in the memory of one process.

export type Circuit = {
  /** Consecutive failures. */
  failures: number
  /** Pauses since the last response. */
  pauses: number
  pausedUntil: number
  /** The sender of the probe, compared by identity, and the time at which it began. */
  probe: { by: unknown; since: number } | undefined
}

export type CircuitRules = {
  /** The number of consecutive failures that begins a pause. */
  breaksAt: number
  /** Pauses double from the first to the last, with jitter of a half. Milliseconds. */
  firstPauseMs: number
  lastPauseMs: number
  /** A probe without a result after this time counts as lost. Milliseconds. */
  probeMs: number
}

export const closedCircuit = (): Circuit => ({ failures: 0, pauses: 0, pausedUntil: 0, probe: undefined })

export const isBroken = (circuit: Circuit, rules: CircuitRules) => circuit.failures >= rules.breaksAt

/**
 * The remaining time of the pause, in milliseconds; 0: a probe may be sent. A clock that is set back does not
 * prolong a pause.
 */
export function pauseLeft(circuit: Circuit, rules: CircuitRules, now: number): number {
  if (circuit.pausedUntil - now > rules.lastPauseMs) circuit.pausedUntil = now
  const probedFor = circuit.probe === undefined ? rules.probeMs : now - circuit.probe.since
  const probeLeft = probedFor >= 0 && probedFor < rules.probeMs ? rules.probeMs - probedFor : 0
  return Math.max(0, circuit.pausedUntil - now, probeLeft)
}

/** Counts a failure. Returns true when this failure begins the pause. */
export function noteFailure(
  circuit: Circuit,
  rules: CircuitRules,
  { by, now, random }: { by: unknown; now: number; random: Random },
): boolean {
  const wasBroken = isBroken(circuit, rules)
  const wasProbe = circuit.probe !== undefined && circuit.probe.by === by
  circuit.failures++
  if (wasProbe) circuit.probe = undefined
  if (!isBroken(circuit, rules)) return false
  // A failure of a request that was in flight when the pause began is not counted.
  if (!wasBroken || wasProbe) {
    const ceiling = Math.min(rules.lastPauseMs, rules.firstPauseMs * 2 ** circuit.pauses++)
    circuit.pausedUntil = now + Math.ceil(ceiling / 2) + random.below(Math.floor(ceiling / 2) + 1)
  }
  return !wasBroken
}

/** Closes the circuit after a response. Returns true when it was open. */
export function noteResponse(circuit: Circuit, rules: CircuitRules): boolean {
  // The usual case, for every delivery: the circuit is as new.
  if (circuit.failures === 0 && circuit.pauses === 0 && circuit.probe === undefined) return false
  const wasBroken = isBroken(circuit, rules)
  Object.assign(circuit, closedCircuit())
  return wasBroken
}
