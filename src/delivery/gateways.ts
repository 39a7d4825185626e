import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { PokeFault } from './poke-fault.ts'
import type { PokeResult } from './send-poke.ts'

// A gateway, known by the origin of its URL, goes through these states:
//
//            BREAKS_AT failures in a row                 its time has come: one pusher may try
//   working ─────────────────────────────▶ resting ◀──────────────────────────────▶ probed
//      ▲                                             fails, or comes back untried       │
//      └────────────────────────────────────────────────────────────────────────────────┘ answers
//
// It is kept in memory, by each process for itself. Who starts anew knows from its pushers which gateways were resting
// (`known-outages.ts`), and what it does not know it finds out for BREAKS_AT pokes, or its share of those in flight.

/** So many failures in a row, of all its pushers together, and a gateway is left alone. */
export const BREAKS_AT = 5
const FIRST_REST_MS = 5000
/** A gateway that is back is noticed after this time at the latest. */
const LAST_REST_MS = 300_000
/** The longest that a probe may be out. */
const PROBE_MS = 60_000
/** Beyond it the one that is known for longest is forgotten, and found out about anew. */
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
  failures: number
  rests: number
  restsUntil: number
  error: PokeFault
  /** The pusher that tries, and since when. */
  probe: { pusherId: number; since: number } | undefined
  /** Whom its rest keeps waiting. */
  held: Set<number>
}

/** @param share so many pokes at most are in flight to one gateway, so that one that hangs does not hold up all others. */
export function createGateways({ clock, random, share }: { clock: Clock; random: Random; share: number }) {
  const states = new Map<string, State>()

  function stateOf(origin: string): State {
    let state = states.get(origin)
    if (state) return state
    if (states.size >= MOST_KNOWN) forgetOne(states)
    state = working()
    states.set(origin, state)
    return state
  }

  const isBroken = (state: State) => state.failures >= BREAKS_AT

  function forgetIfWell(origin: string, state: State): void {
    if (state.inFlight === 0 && state.failures === 0 && state.held.size === 0) states.delete(origin)
  }

  /** How long it still rests. A clock that was set back must not make that longer. */
  function restLeft(state: State): number {
    const now = clock.now()
    const left = state.restsUntil - now
    if (left > LAST_REST_MS + SPREAD_MS) state.restsUntil = now
    const probedFor = state.probe === undefined ? PROBE_MS : now - state.probe.since
    const probeLeft = probedFor >= 0 && probedFor < PROBE_MS ? PROBE_MS - probedFor : 0
    return Math.max(0, state.restsUntil - now, probeLeft)
  }

  function hold(state: State, pusherId: number): number {
    const left = restLeft(state)
    state.held.add(pusherId)
    return clock.now() + left + random.below(spreadOf(state.held.size))
  }

  function failed(state: State, result: PokeResult & { kind: 'retry' }, pusherId: number): Verdict {
    state.failures++
    state.error = result.error
    const wasProbe = state.probe?.pusherId === pusherId
    if (wasProbe) state.probe = undefined
    if (!isBroken(state)) return { kind: 'nothing' }
    const isNews = state.failures === BREAKS_AT
    // What was under way when it broke says nothing new.
    if (isNews || wasProbe) {
      const ceiling = Math.min(LAST_REST_MS, FIRST_REST_MS * 2 ** state.rests++)
      state.restsUntil = clock.now() + Math.ceil(ceiling / 2) + random.below(Math.floor(ceiling / 2) + 1)
    }
    // Who was told when to come back comes back then.
    if (result.retryAfterMs === undefined) state.held.add(pusherId)
    return { kind: 'resting', until: Math.max(state.restsUntil, clock.now()), isNews }
  }

  function answered(state: State, pusherId: number): Verdict {
    const wasBroken = isBroken(state)
    const held = [...state.held].filter((id) => id !== pusherId)
    Object.assign(state, { ...working(), inFlight: state.inFlight })
    if (!wasBroken) return { kind: 'nothing' }
    const now = clock.now()
    const spread = spreadOf(held.length)
    return { kind: 'back', pushers: held.map((id) => ({ pusherId: id, at: now + random.below(spread) })) }
  }

  return {
    /** How many more pokes may go to a gateway now. */
    roomAt: (origin: string): number => share - (states.get(origin)?.inFlight ?? 0),

    /** Asks to send to a gateway. `isReserved`: a place there was taken before. */
    admit(origin: string, pusherId: number, isReserved: boolean): Admission {
      const state = stateOf(origin)
      if (isBroken(state)) {
        if (restLeft(state) > 0) return { kind: 'resting', until: hold(state, pusherId), error: state.error }
        state.probe = { pusherId, since: clock.now() }
      } else if (!isReserved && state.inFlight >= share) return { kind: 'full' }
      if (!isReserved) state.inFlight++
      return { kind: 'go' }
    },

    /** It did not answer when this process began: one pusher may try. `held`: those who wait for it. */
    expectOutage(origin: string, { error, held }: { error: PokeFault; held: readonly number[] }): void {
      const state = stateOf(origin)
      Object.assign(state, { failures: BREAKS_AT, error, restsUntil: clock.now(), held: new Set(held) })
    },

    /** Takes a place at a gateway before asking. */
    reserve(origin: string): void {
      stateOf(origin).inFlight++
    },

    /** Gives a place back. */
    leave(origin: string, pusherId: number): void {
      const state = stateOf(origin)
      state.inFlight--
      if (state.probe?.pusherId === pusherId) state.probe = undefined
      forgetIfWell(origin, state)
    },

    /** Tells of the answer to a poke. */
    report(origin: string, pusherId: number, result: PokeResult): Verdict {
      const state = stateOf(origin)
      return isOutage(result) ? failed(state, result, pusherId) : answered(state, pusherId)
    },

    /** How many gateways are known: those with pokes in flight, and those in trouble. */
    size: () => states.size,
  }
}

const working = (): State => ({
  inFlight: 0,
  failures: 0,
  rests: 0,
  restsUntil: 0,
  error: 'network',
  probe: undefined,
  held: new Set(),
})

function forgetOne(states: Map<string, State>): void {
  for (const [origin, { inFlight }] of states) {
    if (inFlight > 0) continue
    states.delete(origin)
    return
  }
}

const spreadOf = (pushers: number) => Math.min(SPREAD_MS, pushers * SPREAD_STEP_MS)

/** Whoever answers, and be it with a refusal, is there. */
function isOutage(result: PokeResult): result is PokeResult & { kind: 'retry' } {
  return result.kind === 'retry' && (result.status === undefined || result.status >= 500)
}

/** What pushers of one gateway have in common. */
export const originOf = (url: string | null): string => URL.parse(url ?? '')?.origin ?? ''
