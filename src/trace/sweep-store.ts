import { type RawBuilder, sql } from 'kysely'
import { type Query, query } from '../storage/query.ts'

/**
 * Selects rows older than `before`, rows later than `after` (the clock was set back), and all but the newest
 * `keep`.
 */
export type SweepRange = { before: number; after: number; keep: number; limit: number }

// The oldest rows are at one end of the primary key, so a sweep costs only the rows that it removes. Where
// ids are missing (after a rollback, or positions of events without a row) fewer than `keep` rows are kept.
function sweepOf(name: 'trace_steps' | 'trace_decisions' | 'trace_pushers' | 'trace_gateway' | 'arrivals') {
  // The tables have the same columns for this query.
  const table = name as 'trace_steps'
  const id = (name === 'trace_decisions' ? 'position' : 'entry_id') as 'entry_id'
  return query<SweepRange>()((db, p, d) => {
    const newest: RawBuilder<number> = sql`(select max(n.${sql.ref(id)}) from ${sql.table(table)} as n)`
    return db.deleteFrom(table).where(id, 'in', (eb) =>
      eb
        .selectFrom(
          eb
            .selectFrom(`${table} as o`)
            .select([`o.${id} as id`, 'o.at'])
            .orderBy(`o.${id}`)
            .limit(p.limit)
            .as('oldest'),
        )
        .select('oldest.id')
        .where((or) =>
          or.or([
            or('oldest.at', '<', p.before),
            or('oldest.at', '>', p.after),
            or('oldest.id', '<=', sql<number>`${newest} - ${d.integer(p.keep)}`),
          ]),
        ),
    )
  })
}

export const sweepSteps = sweepOf('trace_steps')
export const sweepDecisions = sweepOf('trace_decisions')
export const sweepPusherChanges = sweepOf('trace_pushers')
export const sweepGatewaySteps = sweepOf('trace_gateway')
export const sweepArrivals = sweepOf('arrivals')

export const SWEEPS: readonly Query<SweepRange, unknown>[] = [
  sweepSteps,
  sweepDecisions,
  sweepPusherChanges,
  sweepGatewaySteps,
  sweepArrivals,
]
