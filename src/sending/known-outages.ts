import { OF_LINE } from './line.ts'

/** A destination that did not answer when this process began: the last error, and the lanes that wait for it. */
export type KnownOutage = { destination: string; reason: string; held: number[] }

/** A lane that waits to try again. */
export type FailingLane = {
  laneId: number
  destination: string
  lastError: string | null
  lastErrorAt: number | null
}

/**
 * The destinations that are down according to the stored state of their lanes: at least as many lanes as break a circuit failed without
 * an answer, and nothing was delivered there since.
 *
 * @param lastSuccesses when something was last delivered to a destination; asked only for destinations that may be down
 */
export async function knownOutages(
  failing: readonly FailingLane[],
  lastSuccesses: (destinations: readonly string[]) => Promise<ReadonlyMap<string, number>>,
): Promise<KnownOutage[]> {
  const unanswered = failing.filter(({ lastError }) => isOutage(lastError))
  const byDestination = Map.groupBy(unanswered, ({ destination }) => destination)
  const broken = [...byDestination].filter(
    ([destination, lanes]) => destination !== '' && lanes.length >= OF_LINE.breaksAt,
  )
  if (broken.length === 0) return []
  const reached = await lastSuccesses(broken.map(([destination]) => destination))
  return broken
    .filter(([destination, lanes]) => lastFault(lanes).at > (reached.get(destination) ?? 0))
    .map(([destination, lanes]) => ({
      destination,
      reason: lastFault(lanes).reason,
      // The answer 503 may have said when to come back: those lanes come back then.
      held: lanes.filter(({ lastError }) => lastError !== 'status 503').map(({ laneId }) => laneId),
    }))
}

/** As `Evidence` has it, of the words that are stored: a destination that answers, be it with a refusal, is there. */
function isOutage(error: string | null): boolean {
  if (error === null || error === 'redirect') return false
  return !error.startsWith('status ') || error.startsWith('status 5')
}

function lastFault(lanes: readonly FailingLane[]): { at: number; reason: string } {
  let last = { at: 0, reason: 'network' }
  for (const { lastErrorAt: at, lastError: reason } of lanes)
    if (at !== null && reason !== null && at > last.at) last = { at, reason }
  return last
}
