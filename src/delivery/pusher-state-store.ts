import { sql } from 'kysely'
import type { Database } from '../storage/database.ts'
import { type Dialect, type Queries, type Query, query } from '../storage/query.ts'
import { newestEdit, type Progress } from './outbox-store.ts'

/** Works off a pusher for as long as the lease holds; then somebody else may. */
export type Lease = { owner: string; until: number; now: number }

/** Leases those of the pushers that nobody holds and whose time has come. Resolves to them, with their URLs. */
export async function claimPushers(
  tx: Queries,
  pusherIds: readonly number[],
  lease: Lease,
): Promise<Map<number, string | null>> {
  const rows = await tx.all(claim, { pusherIds, ...lease })
  return new Map(rows.map((row) => [row.pusher_id, row.url]))
}

/** Ends the leases of processes that are dead; nothing waits for them to run out. */
export async function clearLeases(db: Database): Promise<void> {
  if (db.isServedAlone) await db.transaction((tx) => tx.run(endAllLeases, {}))
}

export type HeadWanted = { pusherId: number; done: Progress }

export type HeadRow = typeof heads extends Query<infer _P, infer R> ? R : never

/**
 * For each pusher that is still leased by `owner`: how it stands, and the next event past `done` that it is still to be
 * told, if any, as it stands now.
 */
export async function headsOf(
  q: Queries,
  owner: string,
  items: readonly HeadWanted[],
): Promise<Map<number, HeadRow>> {
  const rows = await q.all(heads, {
    owner,
    items: items.map(({ pusherId, done }) => ({
      id: pusherId,
      after: done.ordinary,
      urgent_after: done.urgent,
    })),
  })
  return new Map(rows.map((row) => [row.pusher_id, row]))
}

/** Pushers with something to send that nobody holds, beginning after the id `after`. */
export async function pushersWithWork(
  q: Queries,
  page: { after: number; limit: number; now: number },
): Promise<number[]> {
  const rows = await q.all(unattended, page)
  return rows.map((row) => row.pusher_id)
}

/** Failing pushers whose time to try again has come, longest first; and when the next one's will have. */
export async function retriesDue(
  q: Queries,
  { now, limit }: { now: number; limit: number },
): Promise<{ due: number[]; nextAt: number | undefined }> {
  const due = await q.all(dueForRetry, { now, limit })
  const next = await q.first(nextRetry, { now })
  return { due: due.map((row) => row.pusher_id), nextAt: next?.at ?? undefined }
}

/** A wait or a lease that ends later than any can was begun before the clock was set back, and is over. */
const LONGEST_WAIT_MS = 2 * 3_600_000
/** The clocks of two machines may differ by some of this. */
const LONGEST_LEASE_MS = 600_000

const isOver = (d: Dialect, column: string, { now, longest }: { now: number; longest: number }) =>
  sql<boolean>`(${sql.ref(column)} is null or ${sql.ref(column)} <= ${d.integer(now)}
    or ${sql.ref(column)} > ${d.integer(now)} + ${sql.lit(longest)})`

/** Mail is sent by a worker of its own (`email/worker.ts`). */
const sendsPokes = sql<boolean>`kind <> 'email'`

export const isFree = (d: Dialect, now: number) =>
  isOver(d, 'lease_until', { now, longest: LONGEST_LEASE_MS })
// What is held is looked at again whenever there is news: it may be read, or a call may have come.
export const isDue = (d: Dialect, now: number) =>
  sql<boolean>`(held_until is not null or ${isOver(d, 'next_attempt_at', { now, longest: LONGEST_WAIT_MS })})`

/** Before its app has confirmed it a pusher is sent the token for that alone. */
const isOpen = sql<boolean>`(activated = 1 or activation_due = 1)`

export const claim = query<{ pusherIds: readonly number[] } & Lease>()((db, p, d) =>
  db
    .updateTable('pushers')
    .set({ lease_owner: p.owner, lease_until: p.until })
    .where('pusher_id', 'in', d.numbers(p.pusherIds))
    .where(isOpen)
    .where(sendsPokes)
    // Whoever claims does not hold it: a lease of its own is one that it failed to write the end of.
    .where((eb) => eb.or([isFree(d, p.now), eb('lease_owner', '=', p.owner)]))
    .where(isDue(d, p.now))
    .returning(['pusher_id', 'url']),
)

export const endAllLeases = query()((db) =>
  db
    .updateTable('pushers')
    .set({ lease_owner: null, lease_until: null })
    .where('lease_owner', 'is not', null),
)

const urgentHead = sql<number | null>`(select min(o.position) from outbox as o
  where o.pusher_id = p.pusher_id and o.urgent = 1 and o.position > r.urgent_after)`
// Looked for only when nothing is urgent: it may lie behind any number of rows that are.
const ordinaryHead = sql<
  number | null
>`case when ${urgentHead} is null then (select min(o.position) from outbox as o
  where o.pusher_id = p.pusher_id and o.urgent = 0 and o.position > r.after) end`
const headPosition = sql<number | null>`coalesce(h.urgent_head, h.ordinary_head)`

type HeadParams = { owner: string; items: readonly { id: number; after: number; urgent_after: number }[] }

export const heads = query<HeadParams>()((db, p, d) =>
  db
    // Materialized: SQLite would else look for the heads again wherever they are named.
    .with(
      (cte) => cte('h').materialized(),
      (from) =>
        from
          .selectFrom(d.rows(p.items, { id: 'integer', after: 'integer', urgent_after: 'integer' }).as('r'))
          .innerJoin('pushers as p', 'p.pusher_id', 'r.id')
          .where('p.lease_owner', '=', p.owner)
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
            'p.attempts',
            'p.failing_since',
            'p.last_badge',
            'p.badge_due',
            'p.device_id',
            'p.hold_ms',
            'p.held_until',
            'p.kind',
            'p.activated',
            'p.activation_due',
            'p.ack_token',
            'p.ack_expires_at',
          ])
          // Columns of their own, not joins: each is one look into an index, however long the queue.
          .select([urgentHead.as('urgent_head'), ordinaryHead.as('ordinary_head')]),
    )
    .selectFrom('h')
    .leftJoin('events as e', (join) => join.on('e.position', '=', headPosition))
    .leftJoin('memberships as m', (join) =>
      join.onRef('m.room_id', '=', 'e.room_id').onRef('m.user_id', '=', 'h.user_id'),
    )
    .leftJoin('rule_sets as rs', 'rs.user_id', 'h.user_id')
    .selectAll('h')
    .select([
      headPosition.as('head'),
      'e.room_id',
      'e.type',
      'e.state_key',
      'e.sender',
      'e.thread_id',
      'e.origin_server_ts',
      'e.redacted_by',
      newestEdit('e.position').as('edit_position'),
      'm.membership',
      // null: the user has no rules but the server's.
      'rs.version as rules_version',
    ]),
)

// From one pusher of the outbox to the next: what this costs follows the pushers that have something there, not how much each has.
export const unattended = query<{ after: number; limit: number; now: number }>()((db, p, d) =>
  db
    .withRecursive('queued(pusher_id)', (cte) =>
      cte
        .selectFrom('outbox as o')
        .where('o.pusher_id', '>', p.after)
        .select((eb) => eb.fn.min<number | null>('o.pusher_id').as('pusher_id'))
        .unionAll((eb) =>
          eb
            .selectFrom('queued as q')
            .where('q.pusher_id', 'is not', null)
            .select((next) =>
              next
                .selectFrom('outbox as o')
                .whereRef('o.pusher_id', '>', 'q.pusher_id')
                .select((inner) => inner.fn.min('o.pusher_id').as('pusher_id'))
                .as('pusher_id'),
            ),
        ),
    )
    .selectFrom('pushers')
    .select('pusher_id')
    .where('pusher_id', '>', p.after)
    .where('pusher_id', 'in', (eb) =>
      eb
        .selectFrom('queued')
        .select('pusher_id')
        .where('pusher_id', 'is not', null)
        .union(eb.selectFrom('pushers').select('pusher_id').where('badge_due', '>', sql.lit(0)))
        .union(eb.selectFrom('pushers').select('pusher_id').where('activation_due', '=', sql.lit(1))),
    )
    .where(isOpen)
    .where(sendsPokes)
    .where(isFree(d, p.now))
    .where(isDue(d, p.now))
    .orderBy('pusher_id')
    .limit(p.limit),
)

// What waits longer than any may (`isDue`) is found by the sweep: asked for here, every failing pusher would be looked at.
export const dueForRetry = query<{ now: number; limit: number }>()((db, p, d) =>
  db
    .selectFrom('pushers')
    .select('pusher_id')
    .where('next_attempt_at', '<=', p.now)
    .where(sendsPokes)
    .where(isFree(d, p.now))
    .orderBy('next_attempt_at')
    .limit(p.limit),
)

export const nextRetry = query<{ now: number }>()((db, p) =>
  db
    .selectFrom('pushers')
    .select((eb) => eb.fn.min('next_attempt_at').as('at'))
    .where('next_attempt_at', '>', p.now)
    .where(sendsPokes),
)
