import { type Compilable, type QueryCreator, sql } from 'kysely'
import type { Progress } from '../sending/item-store.ts'
import { STATE } from '../sending/lane-store.ts'
import { type Dialect, type Queries, query } from '../storage/query.ts'
import type { Schema } from '../storage/schema.ts'
import { newestEdit, QUEUED_EVENT, RECIPIENT } from './queued-event-sql.ts'
import type { RecipientFacts } from './recipient.ts'

export type HeadWanted = { pusherId: number; done: Progress }

type Selected = ReturnType<typeof selectHeads> extends Compilable<infer R> ? R : never

/** `facts`: about the event at the head and its recipient; without an event only the badge has a meaning. */
export type HeadRow = Selected & { facts: RecipientFacts }

/** Reads heads with their facts in one query. */
export type ReadHeads = (q: Queries, params: HeadParams) => Promise<readonly HeadRow[]>

/**
 * For each pusher that is still leased by `owner`: its settings and state, and the first queued event after `done`, if any, with
 * the current facts about it.
 */
export async function headsOf(
  { db, readHeads }: { db: Queries; readHeads: ReadHeads },
  owner: string,
  items: readonly HeadWanted[],
): Promise<Map<number, HeadRow>> {
  const rows = await readHeads(db, {
    owner,
    items: items.map(({ pusherId, done }) => ({
      id: pusherId,
      after: done.ordinary,
      urgent_after: done.urgent,
    })),
  })
  return new Map(rows.map((row) => [row.pusher_id, row]))
}

/** The progress in the queue when its head is done. */
export function pastHead(
  { urgent_head: urgent, ordinary_head: ordinary }: Selected,
  done: Progress,
): Progress {
  if (urgent !== null) return { ...done, urgent }
  return { ...done, ordinary: ordinary ?? done.ordinary }
}

const urgentHead = sql<number | null>`(select min(i.position) from lane_items as i
  where i.lane_id = l.lane_id and i.urgent = 1 and i.position > r.urgent_after)`
// Only if nothing is urgent: the first ordinary item may be behind any number of urgent items.
const ordinaryHead = sql<
  number | null
>`case when ${urgentHead} is null then (select min(i.position) from lane_items as i
  where i.lane_id = l.lane_id and i.urgent = 0 and i.position > r.after) end`
/** If anything is urgent, only the next urgent item counts: the first ordinary one may be behind any number of them. */
const nextPosition = sql<number | null>`case
  when h.urgent_head is null then (select min(i.position) from lane_items as i
    where i.lane_id = h.pusher_id and i.position > h.ordinary_head)
  else (select min(i.position) from lane_items as i
    where i.lane_id = h.pusher_id and i.urgent = 1 and i.position > h.urgent_head) end`
const headPosition = sql<number | null>`coalesce(h.urgent_head, h.ordinary_head)`

export type HeadParams = {
  owner: string
  items: readonly { id: number; after: number; urgent_after: number }[]
}

/** The heads `h` with the queued event `e`. `notifications/poke-heads-store.ts` adds the facts of the recipient. */
export const selectHeads = (db: QueryCreator<Schema>, p: HeadParams, d: Dialect) =>
  db
    // Materialized, because SQLite would otherwise evaluate the heads again for each use.
    .with(
      (cte) => cte('h').materialized(),
      (from) =>
        from
          .selectFrom(d.rows(p.items, { id: 'integer', after: 'integer', urgent_after: 'integer' }).as('r'))
          .innerJoin('lanes as l', 'l.lane_id', 'r.id')
          .innerJoin('pushers as p', 'p.pusher_id', 'l.lane_id')
          .where('l.lease_owner', '=', p.owner)
          .select([
            'p.pusher_id',
            'p.user_id',
            'p.app_id',
            'p.pushkey',
            'p.handle',
            'p.data',
            'p.url',
            'p.set_at',
            'p.enabled',
            'p.disable_badge_count',
            'p.device_id',
            'p.hold_ms',
            'p.kind',
            'p.activated',
            'p.ack_token',
            'p.ack_expires_at',
            'l.destination',
            'l.value_due',
            'l.value_told',
          ])
          .select(STATE.map((column) => `l.${column}` as const))
          // Subqueries, not joins: each is one index look-up, independent of the length of the queue.
          .select([urgentHead.as('urgent_head'), ordinaryHead.as('ordinary_head')]),
    )
    .selectFrom('h')
    .leftJoin('events as e', (join) => join.on('e.position', '=', headPosition))
    .leftJoin('memberships as m', (join) =>
      join.onRef('m.room_id', '=', 'e.room_id').onRef('m.user_id', '=', 'h.user_id'),
    )
    .leftJoin('rule_sets as rs', 'rs.user_id', 'h.user_id')
    .selectAll('h')
    .select([headPosition.as('head'), nextPosition.as('next')])
    .select(QUEUED_EVENT)
    .select(newestEdit('e.position').as('edit_position'))
    .select(RECIPIENT)

/** Reads the table itself, not an index. */
export const anyPusher = query()((db) =>
  db.selectFrom('pushers').select('kind').orderBy('pusher_id').limit(1),
)
