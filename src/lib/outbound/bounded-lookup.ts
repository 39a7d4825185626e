import { BoundedMap } from '../bounded-map.ts'
import type { Clock } from '../clock.ts'
import { type Lookup, NameError } from './lookup.ts'

/** Less than a connection may take to stand, so that a name is known to be the fault. */
export const LOOKUP_DEADLINE_MS = 4000
/** Names that are being asked for at the same time. */
export const MOST_NAMES_IN_FLIGHT = 512
/** A name that no server answered for is not asked for again before that. */
export const SILENT_FOR_MS = 30_000
/** The same for a name that does not exist. */
export const ABSENT_FOR_MS = 5000
export const MOST_FAILURES_KEPT = 10_000

type Failure = { error: NameError; at: number }

/**
 * Bounds what names that strangers choose can cost: a deadline for each, so many in flight, one question for all that ask for the same
 * name at the same time, and no second question for a while after one that failed. Addresses are not kept: who connects asks anew.
 */
export function boundLookup(lookup: Lookup, { clock }: { clock: Clock }): Lookup {
  const inFlight = new Map<string, Promise<readonly string[]>>()
  const failures = createFailures(clock)
  let asking = 0

  const ask = async (name: string) => {
    if (asking >= MOST_NAMES_IN_FLIGHT) throw new NameError('EAI_AGAIN')
    asking++
    const answer = lookup(name)
    // Also after the deadline: what is still asked for takes its place until it has ended.
    const leave = () => void asking--
    answer.then(leave, leave)
    try {
      return await withinDeadline(answer, clock)
    } catch (error) {
      throw failures.add(name, error)
    }
  }

  return async (hostname) => {
    const name = hostname.toLowerCase()
    const failure = failures.of(name)
    if (failure !== undefined) throw failure
    const asked = inFlight.get(name)
    if (asked !== undefined) return asked
    const answer = ask(name).finally(() => inFlight.delete(name))
    inFlight.set(name, answer)
    return answer
  }
}

async function withinDeadline<T>(answer: Promise<T>, clock: Clock): Promise<T> {
  const answered = new AbortController()
  const late = clock.sleep(LOOKUP_DEADLINE_MS, answered.signal).then(() => {
    throw new NameError('EAI_AGAIN')
  })
  // When the answer comes first, it ends this sleep, and its rejection concerns nobody.
  late.catch(() => undefined)
  return Promise.race([answer, late]).finally(() => answered.abort())
}

/** Names that failed, each for as long as it is not looked up again. */
function createFailures(clock: Clock) {
  const failures = new BoundedMap<string, Failure>({ limit: MOST_FAILURES_KEPT })
  return {
    of(name: string): NameError | undefined {
      const failure = failures.get(name)
      if (failure === undefined) return undefined
      const age = clock.now() - failure.at
      const forMs = failure.error.code === 'ENOTFOUND' ? ABSENT_FOR_MS : SILENT_FOR_MS
      // A clock that was set back makes no failure last longer.
      if (age >= 0 && age < forMs) return failure.error
      failures.delete(name)
      return undefined
    },
    add(name: string, cause: unknown): NameError {
      const error = cause instanceof NameError ? cause : new NameError('EAI_AGAIN', { cause })
      failures.set(name, { error, at: clock.now() })
      return error
    },
  }
}
