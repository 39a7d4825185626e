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
import { type PokeFault, TOKEN_REFUSED } from './poke-fault.ts'
import type { PokeResult } from './send-poke.ts'

// A gateway, known by the origin of its URL, is one circuit for all its pushers (`lib/circuit.ts` has the states), and a share of
// the pokes in flight. It is kept in memory, by each process for itself. Who starts anew knows from its pushers which gateways
// were resting (`known-outages.ts`), and finds out about the others for `breaksAt` pokes, or its share of those in flight.

/** So many failures in a row, of all its pushers together, and a gateway is left alone. */
export const BREAKS_AT = 5
const RULES: CircuitRules = { breaksAt: BREAKS_AT, firstRestMs: 5000, lastRestMs: 300_000, probeMs: 60_000 }
/** Beyond it the one used longest ago is forgotten, and found out about anew, unless pokes are in flight to it. */
const MOST_KNOWN = 10_000
/** Held pushers come back one after another, over this time at most. */
const SPREAD_MS = 10_000
const SPREAD_STEP_MS = 10

/**
 * `go`: send, and `leave` when done. `full`: the gateway has its share of the pokes in flight. `resting`: it does not
 * answer; not before `until`. `error`: its last fault.
 */
export type Admission =
  | { kind: 'go' }
  | { kind: 'full' }
  | { kind: 'resting'; until: number; error: PokeFault }

/** What the answer to a poke means for the other pushers of its gateway. */
export type Verdict =
  | { kind: 'nothing' }
  /** Left alone, since now or still. */
  | { kind: 'resting'; until: number; isNews: boolean }
  /** It answers again; these may go on, each at its own time. */
  | { kind: 'back'; pushers: { pusherId: number; at: number }[] }

export type Gateways = ReturnType<typeof createGateways>

type State = {
  inFlight: number
  circuit: Circuit
  error: PokeFault
  /** Whom its rest keeps waiting. */
  held: Set<number>
}

/** @param share so many pokes at most are in flight to one gateway, so that one that hangs does not hold up all others. */
export function createGateways({ clock, random, share }: { clock: Clock; random: Random; share: number }) {
  const states = new BoundedMap<string, State>({
    limit: MOST_KNOWN,
    isInUse: ({ inFlight }) => inFlight > 0,
  })
  const time = { clock, random }
  const stateOf = (origin: string): State => states.getOrInsertComputed(origin, working)

  function forgetIfWell(origin: string, state: State): void {
    if (state.inFlight === 0 && state.circuit.failures === 0 && state.held.size === 0) states.delete(origin)
  }

  return {
    /** How many more pokes may go to a gateway now. */
    roomAt: (origin: string): number => share - (states.peek(origin)?.inFlight ?? 0),

    /** Asks to send to a gateway. `isReserved`: a place there was taken before. */
    admit(origin: string, pusherId: number, isReserved: boolean): Admission {
      const state = stateOf(origin)
      if (isBroken(state.circuit, RULES)) {
        if (restLeft(state.circuit, RULES, clock.now()) > 0)
          return { kind: 'resting', until: hold(time, state, pusherId), error: state.error }
        state.circuit.probe = { by: pusherId, since: clock.now() }
      } else if (!isReserved && state.inFlight >= share) return { kind: 'full' }
      if (!isReserved) state.inFlight++
      return { kind: 'go' }
    },

    /** It did not answer when this process began: one pusher may try. `held`: those who wait for it. */
    expectOutage(origin: string, { error, held }: { error: PokeFault; held: readonly number[] }): void {
      const circuit = { ...closedCircuit(), failures: BREAKS_AT, restsUntil: clock.now() }
      Object.assign(stateOf(origin), { circuit, error, held: new Set(held) })
    },

    /** Takes a place at a gateway before asking. */
    reserve(origin: string): void {
      stateOf(origin).inFlight++
    },

    /** Gives a place back. */
    leave(origin: string, pusherId: number): void {
      const state = stateOf(origin)
      state.inFlight--
      if (state.circuit.probe?.by === pusherId) state.circuit.probe = undefined
      forgetIfWell(origin, state)
    },

    /** Tells of the answer to a poke. */
    report(origin: string, pusherId: number, result: PokeResult): Verdict {
      const state = stateOf(origin)
      return isOutage(result) ? failed(time, state, { result, pusherId }) : answered(time, state, pusherId)
    },

    /** How many gateways are known: those with pokes in flight, and those in trouble. */
    size: () => states.size,
  }
}

type Time = { clock: Clock; random: Random }

function hold({ clock, random }: Time, state: State, pusherId: number): number {
  const left = restLeft(state.circuit, RULES, clock.now())
  state.held.add(pusherId)
  return clock.now() + left + random.below(spreadOf(state.held.size))
}

function failed(
  { clock, random }: Time,
  state: State,
  { result, pusherId }: { result: Outage; pusherId: number },
): Verdict {
  state.error = result.error
  const now = clock.now()
  const became = noteFailure(state.circuit, RULES, { by: pusherId, now, random })
  if (became === 'working') return { kind: 'nothing' }
  // Who was told when to come back comes back then.
  if (result.retryAfterMs === undefined) state.held.add(pusherId)
  return { kind: 'resting', until: Math.max(state.circuit.restsUntil, now), isNews: became === 'news' }
}

function answered({ clock, random }: Time, state: State, pusherId: number): Verdict {
  const held = [...state.held].filter((id) => id !== pusherId)
  state.held.clear()
  if (!noteAnswer(state.circuit, RULES)) return { kind: 'nothing' }
  const now = clock.now()
  const spread = spreadOf(held.length)
  return { kind: 'back', pushers: held.map((id) => ({ pusherId: id, at: now + random.below(spread) })) }
}

const working = (): State => ({
  inFlight: 0,
  circuit: closedCircuit(),
  error: 'network',
  held: new Set(),
})

const spreadOf = (pushers: number) => Math.min(SPREAD_MS, pushers * SPREAD_STEP_MS)

type Outage = PokeResult & { kind: 'retry' }

/** Any answer, a refusal too, shows that it works; but where our own token is refused, it is refused for all pushers. */
function isOutage(result: PokeResult): result is Outage {
  if (result.kind !== 'retry') return false
  return result.status === undefined || result.status >= 500 || result.error === TOKEN_REFUSED
}

/** What pushers of one gateway have in common. */
export const originOf = (url: string | null): string => URL.parse(url ?? '')?.origin ?? ''
