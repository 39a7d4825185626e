import type { RawBuilder } from 'kysely'
import { type Queries, query } from '../storage/query.ts'
import type { LaneKind } from '../storage/sending-schema.ts'
import { type KnownOutage, knownOutages } from './known-outages.ts'

/** Which destinations are down, by the stored state of the lanes of one kind. Reads the lanes that wait to try again. */
export async function outagesOf(q: Queries, kind: LaneKind): Promise<KnownOutage[]> {
  const failing = (await q.all(failingLanes, { kind })).map((row) => ({
    laneId: row.lane_id,
    destination: row.destination,
    lastError: row.last_error,
    lastErrorAt: row.last_error_at,
  }))
  return knownOutages(failing, async (destinations) => {
    const rows = await q.all(lastSuccesses, { kind, destinations })
    return new Map(rows.map(({ destination, at }) => [destination, at ?? 0]))
  })
}

/** Those that wait to try again. */
export const failingLanes = query<{ kind: LaneKind }>()((db, p) =>
  db
    .selectFrom('lanes')
    .select(['lane_id', 'destination', 'last_error', 'last_error_at'])
    .where('kind', '=', p.kind)
    .where('next_attempt_at', 'is not', null)
    .where('failing_since', 'is not', null),
)

/** When something was last sent to each of these destinations. */
export const lastSuccesses = query<{ kind: LaneKind; destinations: readonly string[] }>()((db, p, d) =>
  db
    .selectFrom('lanes')
    .select('destination')
    .select((eb) => eb.fn.max('last_success_at').as('at'))
    .where('kind', '=', p.kind)
    .where('destination', 'in', d.list(p.destinations) as RawBuilder<string>)
    .groupBy('destination'),
)
