import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../storage/database.ts'
import { type Queries, type Query, query } from '../storage/query.ts'
import type { LaneKind } from '../storage/sending-schema.ts'
import { lanesInOrder } from './lane-changes.ts'
import { isFree, NOT_DURABLE_REPEATABLE } from './lane-store.ts'
import type { Outage } from './circuits.ts'
import { OF_LINE, SPREAD_MS, SPREAD_STEP_MS } from './line.ts'

/**
 * The longest wait of held lanes for the result of the first probe. If it has none, one of them sends the
 * next probe.
 */
const PROBE_MS = 30_000

/**
 * A destination that was down at the start of this process, with its last error and the lanes that wait for
 * it. The first lane sends the probe.
 */
export type KnownOutage = Outage & { destination: string }

/**
 * The destinations that are down according to the stored state of the lanes of one kind: at least as many
 * lanes as break a circuit failed without a response, and nothing was delivered there since.
 */
export async function outagesOf(q: Queries, kind: LaneKind, now: number): Promise<KnownOutage[]> {
  const failing = await q.all(failingLanes, { kind, paused: null })
  const withoutResponse = failing.filter((row) => isOutage(row.last_error))
  const broken = [...Map.groupBy(withoutResponse, (row) => row.destination)].filter(
    ([destination, lanes]) => destination !== '' && lanes.length >= OF_LINE.breaksAt,
  )
  if (broken.length === 0) return []
  const reached = await lastSuccessOf(
    q,
    kind,
    broken.map(([destination]) => destination),
  )
  return broken
    .filter(([destination, lanes]) => lastFault(lanes).at > (reached.get(destination) ?? 0))
    .map(([destination, lanes]) => ({
      destination,
      reason: lastFault(lanes).reason,
      // A response 503 can have a `Retry-After`: those lanes wait for it.
      held: idsOf(lanes.filter((row) => row.last_error !== 'status 503' || isDue(row, now))),
    }))
}

/** The times of the last success of these destinations; 0 for none. */
export async function lastSuccessOf(
  q: Queries,
  kind: LaneKind,
  destinations: readonly string[],
): Promise<Map<string, number>> {
  if (destinations.length === 0) return new Map()
  const rows = await q.all(lastSuccesses, { kind, destinations })
  return new Map(rows.map(({ destination, at }) => [destination, at ?? 0]))
}

/** The destinations with lanes whose last error is `paused`: they wait for the end of a pause. */
export async function pausesOf(
  q: Queries,
  kind: LaneKind,
  { paused, now }: { paused: string; now: number },
): Promise<KnownOutage[]> {
  const failing = await q.all(failingLanes, { kind, paused })
  return [...Map.groupBy(failing, (row) => row.destination)].flatMap(([destination, lanes]) => {
    const isPaused = (row: FailingLane) => row.last_error === paused
    if (!lanes.some(isPaused)) return []
    const { reason } = lastFault(lanes.filter((row) => !isPaused(row)))
    return [{ destination, reason, held: idsOf(lanes.filter((row) => isPaused(row) || isDue(row, now))) }]
  })
}

/**
 * Delays the retries of all held lanes but the first of each destination, so that they are not claimed while
 * the probe is in flight. A response to a probe ends the delay. One statement for all lanes.
 */
export async function holdForProbe(
  db: Database,
  outages: readonly Pick<KnownOutage, 'held'>[],
  now: number,
): Promise<void> {
  const items = outages.flatMap(({ held }) =>
    held.slice(1).map((id, place) => ({
      id,
      at: now + PROBE_MS + Math.min(SPREAD_MS, place * SPREAD_STEP_MS),
    })),
  )
  if (items.length > 0)
    await db.transaction((tx) => tx.run(retryLater, { items, now }), NOT_DURABLE_REPEATABLE)
}

const idsOf = (lanes: readonly FailingLane[]) => lanes.map((row) => row.lane_id)

/** Its own wait is over. */
const isDue = ({ next_attempt_at: at }: FailingLane, now: number) => at !== null && at <= now

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

/**
 * The lanes that wait for a retry, the next one first. `paused`: also those with this last error, which wait
 * without a failed attempt if their first item came during the pause.
 */
export const failingLanes = query<{ kind: LaneKind; paused: string | null }>()((db, p) =>
  db
    .selectFrom('lanes')
    .select(['lane_id', 'destination', 'last_error', 'last_error_at', 'next_attempt_at'])
    .where('kind', '=', p.kind)
    .where('next_attempt_at', 'is not', null)
    .where((eb) => eb.or([eb('failing_since', 'is not', null), eb('last_error', '=', p.paused)]))
    .orderBy('next_attempt_at')
    .orderBy('lane_id'),
)

const RETRY = { id: 'integer', at: 'integer' } as const

/** Skips lanes that another process is working on. */
export const retryLater = query<{ items: readonly { id: number; at: number }[]; now: number }>()((db, p, d) =>
  db
    .updateTable('lanes')
    .from(d.rows(p.items, RETRY).as('r'))
    .set({ next_attempt_at: sql<number>`r.at` })
    .whereRef('lanes.lane_id', '=', 'r.id')
    .where('lanes.lane_id', 'in', lanesInOrder(db, d, sql`(select o.id from ${d.rows(p.items, RETRY)} as o)`))
    .whereRef('next_attempt_at', '<', 'r.at')
    .where(isFree(d, p.now)),
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
