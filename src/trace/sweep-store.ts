import { type RawBuilder, sql } from 'kysely'
import { type Query, query } from '../storage/query.ts'

/** Rows from before `before`, from after `after` (the clock was set back), and whatever is more than the newest `keep`. */
export type Outdated = { before: number; after: number; keep: number; limit: number }

// What is oldest is found at one end of the primary key: it costs what it removes, however much there is. Where ids are missing
// (rolled back; positions of events of which there was nothing to keep) fewer than `keep` are kept.
function sweepOf(name: 'trace_steps' | 'trace_decisions' | 'trace_pushers' | 'trace_gateway') {
  // As far as this goes they are alike.
  const table = name as 'trace_steps'
  const id = (name === 'trace_decisions' ? 'position' : 'entry_id') as 'entry_id'
  return query<Outdated>()((db, p, d) => {
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
export const sweepPusherNotes = sweepOf('trace_pushers')
export const sweepGatewaySteps = sweepOf('trace_gateway')

export const SWEEPS: readonly Query<Outdated, unknown>[] = [
  sweepSteps,
  sweepDecisions,
  sweepPusherNotes,
  sweepGatewaySteps,
]
