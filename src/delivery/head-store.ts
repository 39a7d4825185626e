import { type Compilable, type QueryCreator, type RawBuilder, sql } from 'kysely'
import type { Progress } from '../sending/item-store.ts'
import { STATE } from '../sending/lane-store.ts'
import { type Dialect, type Queries, query } from '../storage/query.ts'
import type { Schema } from '../storage/schema.ts'
import { digestAt } from './digest-store.ts'
import { newestEdit, QUEUED_EVENT, RECIPIENT } from './queued-event-sql.ts'
import type { RecipientFacts } from './recipient.ts'

export type HeadWanted = { pusherId: number; done: Progress }

type Selected = ReturnType<typeof selectHeads> extends Compilable<infer R> ? R : never

/** `facts`: about the event at the head and its recipient; without an event only the badge has a meaning. */
export type HeadRow = Selected & { facts: RecipientFacts }

/** Reads heads with their facts in one query. */
export type ReadHeads = (q: Queries, params: HeadParams) => Promise<readonly HeadRow[]>

type SelectedItem = ReturnType<ReturnType<typeof selectFollowing>> extends Compilable<infer R> ? R : never

/** An item behind the head of a queue, with the facts about its event and its recipient. */
export type FollowingRow = SelectedItem & { facts: RecipientFacts }

/** A queued event with its facts: at the head of a queue, or behind it. */
export type QueuedItem = Pick<HeadRow, keyof FollowingRow & keyof HeadRow>

/** Reads the items behind heads with their facts in one query, by lane and position. */
export type ReadFollowing = (q: Queries, params: FollowingParams) => Promise<readonly FollowingRow[]>

/**
 * For each pusher that is still leased by `owner`: its settings and state, and the first queued event after
 * `done`, if any, with the current facts about it.
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

const urgentHead = sql<number | null>`(select min(i.position) from lane_items as i
  where i.lane_id = l.lane_id and i.urgent = 1 and i.position > r.urgent_after)`
// Only if nothing is urgent: the first ordinary item may be behind any number of urgent items.
const ordinaryHead = sql<
  number | null
>`case when ${urgentHead} is null then (select min(i.position) from lane_items as i
  where i.lane_id = l.lane_id and i.urgent = 0 and i.position > r.after) end`
/** Of the first item that is not urgent. Only if nothing is urgent. */
const nextPosition = sql<
  number | null
>`case when h.urgent_head is null then (select min(i.position) from lane_items as i
    where i.lane_id = h.pusher_id and i.position > h.ordinary_head) end`
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
            'p.lang',
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
    .select([headPosition.as('position'), nextPosition.as('next')])
    .select(QUEUED_EVENT)
    .select(newestEdit('e.position').as('edit_position'))
    .select(digestAt('h.pusher_id', headPosition).as('digest'))
    .select(RECIPIENT)

/**
 * `at` is returned with the items. `gen`: the generation of the look at the head. `take`: the maximum number
 * of items. `calm`: 1: none if a value is due or the lane fails.
 */
export type FollowingParams = {
  owner: string
  items: readonly { at: number; id: number; gen: number; after: number; take: number; calm: 0 | 1 }[]
}

const FOLLOWING = {
  at: 'integer',
  id: 'integer',
  gen: 'integer',
  after: 'integer',
  take: 'integer',
  calm: 'integer',
} as const

const nothingBefore = sql<boolean>`not exists (select 1 from lane_items as i
  where i.lane_id = l.lane_id and i.position < r.after)`

const isCalmIfAsked = sql<boolean>`(r.calm = 0 or (l.value_due = 0 and l.failing_since is null))`

const nextAfter = (laneId: string, position: string) =>
  sql<number | null>`(select min(i.position) from lane_items as i
    where i.lane_id = ${sql.ref(laneId)} and i.position > ${sql.ref(position)})`

/**
 * The items `f` after `after`, with the queued event `e`, of lanes that have the same generation as in the
 * look at their heads. None if an item precedes `after`: an event of another shard can come later with a
 * lower position, and a later event of its room must not be sent before it. Steps from one item to the next,
 * so the cost does not depend on the length of the queue. `badgeOf`: evaluated once for each lane.
 */
export const selectFollowing =
  (badgeOf: (userId: RawBuilder<unknown>) => RawBuilder<number>) =>
  (db: QueryCreator<Schema>, p: FollowingParams, d: Dialect) =>
    db
      .withRecursive(
        'f(at, lane_id, user_id, handle, enabled, rules_version, badge, position, still)',
        (cte) =>
          cte
            .selectFrom(d.rows(p.items, FOLLOWING).as('r'))
            .innerJoin('lanes as l', 'l.lane_id', 'r.id')
            .innerJoin('pushers as p', 'p.pusher_id', 'l.lane_id')
            .leftJoin('rule_sets as rs', 'rs.user_id', 'p.user_id')
            .where('l.lease_owner', '=', p.owner)
            .whereRef('l.generation', '=', 'r.gen')
            .where(isCalmIfAsked)
            .where(nothingBefore)
            .select([
              'r.at',
              'l.lane_id',
              'p.user_id',
              'p.handle',
              'p.enabled',
              'rs.version as rules_version',
            ])
            .select(badgeOf(sql`p.user_id`).as('badge'))
            .select([nextAfter('l.lane_id', 'r.after').as('position'), 'r.take as still'])
            .unionAll((eb) =>
              eb
                .selectFrom('f as b')
                .where('b.position', 'is not', null)
                .where('b.still', '>', sql.lit(1))
                .select([
                  'b.at',
                  'b.lane_id',
                  'b.user_id',
                  'b.handle',
                  'b.enabled',
                  'b.rules_version',
                  'b.badge',
                ])
                .select([
                  nextAfter('b.lane_id', 'b.position').as('position'),
                  sql<number>`b.still - 1`.as('still'),
                ]),
            ),
      )
      .selectFrom('f')
      .leftJoin('events as e', 'e.position', 'f.position')
      .leftJoin('memberships as m', (join) =>
        join.onRef('m.room_id', '=', 'e.room_id').onRef('m.user_id', '=', 'f.user_id'),
      )
      .where('f.position', 'is not', null)
      .select(['f.at', 'f.lane_id', 'f.user_id', 'f.handle', 'f.enabled', 'f.rules_version', 'm.membership'])
      .select(sql<number>`f.position`.as('position'))
      .select(QUEUED_EVENT)
      .select(newestEdit('e.position').as('edit_position'))
      .select(digestAt('f.lane_id', sql`f.position`).as('digest'))

/** Reads the table itself, not an index. */
export const anyPusher = query()((db) =>
  db.selectFrom('pushers').select('kind').orderBy('pusher_id').limit(1),
)
