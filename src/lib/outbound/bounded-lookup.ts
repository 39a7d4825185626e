import { BoundedMap } from '../bounded-map.ts'
import type { Clock } from '../clock.ts'
import { type Lookup, NameError } from './lookup.ts'

/** Shorter than the connect timeout, so that a slow lookup is reported as such. */
export const LOOKUP_DEADLINE_MS = 4000
/** The most names that are looked up at the same time. */
export const MAX_NAMES_IN_FLIGHT = 512
/** How long a name is not looked up again after no name server answered for it. */
export const SILENT_FOR_MS = 30_000
/** How long a name that does not exist is not looked up again. */
export const ABSENT_FOR_MS = 5000
export const MAX_FAILURES_KEPT = 10_000

type Failure = { error: NameError; at: number }

/**
 * Limits the cost of names that users choose: a deadline for each lookup, a limit of lookups in flight, one shared
 * lookup for all callers with the same name, and no new lookup for a while after a failure. Addresses are not cached:
 * each connection looks them up again.
 */
export function boundLookup(lookup: Lookup, { clock }: { clock: Clock }): Lookup {
  const inFlight = new Map<string, Promise<readonly string[]>>()
  const failures = createFailures(clock)
  let asking = 0

  const ask = async (name: string) => {
    if (asking >= MAX_NAMES_IN_FLIGHT) throw new NameError('EAI_AGAIN')
    asking++
    const answer = lookup(name)
    // Also after the deadline: a running lookup occupies its place until it ends.
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
  // When the response comes first, it aborts this sleep, and the rejection has no handler otherwise.
  late.catch(() => undefined)
  return Promise.race([answer, late]).finally(() => answered.abort())
}

/** Failed names, each for the time during which it is not looked up again. */
function createFailures(clock: Clock) {
  const failures = new BoundedMap<string, Failure>({ limit: MAX_FAILURES_KEPT })
  return {
    of(name: string): NameError | undefined {
      const failure = failures.get(name)
      if (failure === undefined) return undefined
      const age = clock.now() - failure.at
      const forMs = failure.error.code === 'ENOTFOUND' ? ABSENT_FOR_MS : SILENT_FOR_MS
      // Setting the system clock back must not make a failure last longer.
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
