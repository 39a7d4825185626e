import type { Random } from './ids.ts'

// Whether somebody outside is left alone, for he does not answer:
//
//            `breaksAt` failures in a row                its time has come: one may try
//   working ─────────────────────────────▶ resting ◀──────────────────────────────▶ probed
//      ▲                                             fails, or comes back untried       │
//      └────────────────────────────────────────────────────────────────────────────────┘ answers
//
// It is plain data, kept in memory: who starts anew finds out anew.

export type Circuit = {
  /** In a row. */
  failures: number
  /** How often it has rested in a row. */
  rests: number
  restsUntil: number
  /** Who tries, and since when. */
  probe: { by: unknown; since: number } | undefined
}

export type CircuitRules = {
  /** So many failures in a row, and it is left alone. */
  breaksAt: number
  firstRestMs: number
  /** One that is back is noticed after this time at the latest. */
  lastRestMs: number
  /** The longest that a probe may be out. */
  probeMs: number
}

export const closedCircuit = (): Circuit => ({ failures: 0, rests: 0, restsUntil: 0, probe: undefined })

export const isBroken = (circuit: Circuit, rules: CircuitRules) => circuit.failures >= rules.breaksAt

/** How long it still rests, in milliseconds; 0: a probe may go. A clock that was set back must not make that longer. */
export function restLeft(circuit: Circuit, rules: CircuitRules, now: number): number {
  if (circuit.restsUntil - now > rules.lastRestMs) circuit.restsUntil = now
  const probedFor = circuit.probe === undefined ? rules.probeMs : now - circuit.probe.since
  const probeLeft = probedFor >= 0 && probedFor < rules.probeMs ? rules.probeMs - probedFor : 0
  return Math.max(0, circuit.restsUntil - now, probeLeft)
}

/** A failure of somebody who was let through. `news`: it is left alone from now on. */
export function noteFailure(
  circuit: Circuit,
  rules: CircuitRules,
  { by, now, random }: { by: unknown; now: number; random: Random },
): 'working' | 'news' | 'still' {
  const wasBroken = isBroken(circuit, rules)
  const wasProbe = circuit.probe !== undefined && circuit.probe.by === by
  circuit.failures++
  if (wasProbe) circuit.probe = undefined
  if (!isBroken(circuit, rules)) return 'working'
  // What was under way when it broke says nothing new.
  if (!wasBroken || wasProbe) {
    const ceiling = Math.min(rules.lastRestMs, rules.firstRestMs * 2 ** circuit.rests++)
    circuit.restsUntil = now + Math.ceil(ceiling / 2) + random.below(Math.floor(ceiling / 2) + 1)
  }
  return wasBroken ? 'still' : 'news'
}

/** It answers: all is as in the beginning. True: it was left alone until now. */
export function noteAnswer(circuit: Circuit, rules: CircuitRules): boolean {
  const wasBroken = isBroken(circuit, rules)
  Object.assign(circuit, closedCircuit())
  return wasBroken
}
