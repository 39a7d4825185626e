import type { RawBuilder } from 'kysely'
import { type Queries, type Query, query } from '../storage/query.ts'
import type { LaneKind } from '../storage/sending-schema.ts'
import { OF_LINE } from './line.ts'

/** A destination that was down at the start of this process, with its last error and the lanes that wait for it. */
export type KnownOutage = { destination: string; reason: string; held: number[] }

/**
 * The destinations that are down according to the stored state of the lanes of one kind: at least as many lanes as break a circuit failed without
 * a response, and nothing was delivered there since.
 */
export async function outagesOf(q: Queries, kind: LaneKind): Promise<KnownOutage[]> {
  const failing = await q.all(failingLanes, { kind })
  const outages = failing.filter((row) => isOutage(row.last_error))
  const broken = [...Map.groupBy(outages, (row) => row.destination)].filter(
    ([destination, lanes]) => destination !== '' && lanes.length >= OF_LINE.breaksAt,
  )
  if (broken.length === 0) return []
  const rows = await q.all(lastSuccesses, { kind, destinations: broken.map(([destination]) => destination) })
  const reached = new Map(rows.map(({ destination, at }) => [destination, at ?? 0]))
  return broken
    .filter(([destination, lanes]) => lastFault(lanes).at > (reached.get(destination) ?? 0))
    .map(([destination, lanes]) => ({
      destination,
      reason: lastFault(lanes).reason,
      // A response 503 can have a `Retry-After`: those lanes wait for it.
      held: lanes.filter((row) => row.last_error !== 'status 503').map((row) => row.lane_id),
    }))
}

/** Whether a stored error is an outage (`Evidence`): a destination that responds, even with a refusal, works. */
function isOutage(error: string | null): boolean {
  if (error === null || error === 'redirect') return false
  return !error.startsWith('status ') || error.startsWith('status 5')
}

function lastFault(lanes: readonly FailingLane[]): { at: number; reason: string } {
  let last = { at: 0, reason: 'network' }
  for (const { last_error_at: at, last_error: reason } of lanes)
    if (at !== null && reason !== null && at > last.at) last = { at, reason }
  return last
}

type FailingLane = typeof failingLanes extends Query<infer _P, infer R> ? R : never

/** The lanes that wait for a retry. */
export const failingLanes = query<{ kind: LaneKind }>()((db, p) =>
  db
    .selectFrom('lanes')
    .select(['lane_id', 'destination', 'last_error', 'last_error_at'])
    .where('kind', '=', p.kind)
    .where('next_attempt_at', 'is not', null)
    .where('failing_since', 'is not', null),
)

/** The time of the last success of each of these destinations. */
export const lastSuccesses = query<{ kind: LaneKind; destinations: readonly string[] }>()((db, p, d) =>
  db
    .selectFrom('lanes')
    .select('destination')
    .select((eb) => eb.fn.max('last_success_at').as('at'))
    .where('kind', '=', p.kind)
    .where('destination', 'in', d.list(p.destinations) as RawBuilder<string>)
    .groupBy('destination'),
)
