import { type RawBuilder, sql } from 'kysely'
import { type Query, query } from '../storage/query.ts'

/** Rows from before `before`, from after `after` (the clock was set back), and all but the newest `keep` of them. */
export type Outdated = { before: number; after: number; keep: number; limit: number }

type Table = 'trace_steps' | 'trace_decisions' | 'trace_pushers' | 'trace_gateway'

// What is oldest is found at one end of the primary key: it costs what it removes, however much there is. Ids of rows that
// were rolled back are missing, so what is kept may be a little less than `keep`.
function sweepOf(name: Table) {
  // As far as this goes they are alike.
  const table = name as 'trace_steps'
  return query<Outdated>()((db, p, d) => {
    const newest: RawBuilder<number> = sql`(select max(n.entry_id) from ${sql.table(table)} as n)`
    return db.deleteFrom(table).where('entry_id', 'in', (eb) =>
      eb
        .selectFrom(
          eb
            .selectFrom(`${table} as o`)
            .select(['o.entry_id', 'o.at'])
            .orderBy('o.entry_id')
            .limit(p.limit)
            .as('oldest'),
        )
        .select('oldest.entry_id')
        .where((or) =>
          or.or([
            or('oldest.at', '<', p.before),
            or('oldest.at', '>', p.after),
            or('oldest.entry_id', '<=', sql<number>`${newest} - ${d.integer(p.keep)}`),
          ]),
        ),
    )
  })
}

export const sweepSteps = sweepOf('trace_steps')
export const sweepDecisions = sweepOf('trace_decisions')
export const sweepPusherNotes = sweepOf('trace_pushers')
export const sweepGatewaySteps = sweepOf('trace_gateway')

export const SWEEPS: readonly Query<Outdated, unknown>[] = [
  sweepSteps,
  sweepDecisions,
  sweepPusherNotes,
  sweepGatewaySteps,
]
