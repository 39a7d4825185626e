import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Database } from '../storage/database.ts'
import { type Dialect, type Queries, query } from '../storage/query.ts'
import type { QueryBuilder } from '../storage/query-builder.ts'
import type { LaneKind, LanesTable } from '../storage/sending-schema.ts'
import { lanesInOrder } from './lane-changes.ts'
import type { LaneState } from './transition.ts'

// The leases of lanes. The results that the holders of leases write are in `settle-store.ts`, the changes of
// the owners in `lane-changes.ts`. Nothing else writes to `lanes`.

/** A power cut may undo such a commit. Then the lease is free and the poke is sent again with the same event id. */
export const NOT_DURABLE = { durably: false }

/** The same, for transactions that may be repeated. */
export const NOT_DURABLE_REPEATABLE = { ...NOT_DURABLE, repeatable: true }

/**
 * `value_told` after an attempt whose result is not known: the recipient may have the value of that attempt
 * or the previous one. It equals no value, so a value that becomes due is sent.
 */
export const UNCERTAIN_VALUE = -1

/** The exclusive right of `owner` to send for a lane until `until`. Milliseconds since the Unix epoch. */
export type Lease = {
  owner: string
  until: number
  now: number
  /** The lease goes on when nothing is left to send. */
  keepsIdle?: boolean
}

/** A wait or a lease that ends later than this began before the clock was set back. It counts as over. */
const LONGEST_WAIT_MS = 2 * 3_600_000
/** Includes a tolerance for the clocks of two machines. */
const LONGEST_LEASE_MS = 600_000

const isOver = (d: Dialect, column: string, { now, longest }: { now: number; longest: number }) =>
  sql<boolean>`(${sql.ref(column)} is null or ${sql.ref(column)} <= ${d.integer(now)}
    or ${sql.ref(column)} > ${d.integer(now)} + ${sql.lit(longest)})`

export const isFree = (d: Dialect, now: number) =>
  isOver(d, 'lease_until', { now, longest: LONGEST_LEASE_MS })
// A held lane is due after each wake-up: the held event may have been read, or a call may have arrived.
export const isDue = (d: Dialect, now: number) =>
  sql<boolean>`(held_until is not null or ${isOver(d, 'next_attempt_at', { now, longest: LONGEST_WAIT_MS })})`

/** The columns of `LaneState`. */
export const STATE = [
  'generation',
  'attempts',
  'failing_since',
  'next_attempt_at',
  'held_until',
  'last_error',
  'last_error_at',
  'last_success_at',
] as const

type StateRow = Pick<Selectable<LanesTable>, (typeof STATE)[number]>

export const stateOf = (row: StateRow): LaneState => ({
  generation: row.generation,
  attempts: row.attempts,
  failingSince: row.failing_since,
  nextAttemptAt: row.next_attempt_at,
  heldUntil: row.held_until,
  lastError: row.last_error,
  lastErrorAt: row.last_error_at,
  lastSuccessAt: row.last_success_at,
})

/** A lane that has just been leased. */
export type Claimed = { laneId: number; key: string | null; destination: string; state: LaneState }

export type ClaimOf = {
  kind: LaneKind
  laneIds: readonly number[]
  /** Those of `laneIds` whose lease the claiming process has kept without an attempt in flight. */
  idle?: readonly number[]
}

/** Leases the lanes that have no valid lease of another owner and are due. Resolves to the leased lanes by id. */
export async function claimLanes(tx: Queries, of: ClaimOf, lease: Lease): Promise<Map<number, Claimed>> {
  const rows = await tx.all(claim, { idle: [], ...of, ...lease })
  return new Map(
    rows.map((row) => [
      row.lane_id,
      { laneId: row.lane_id, key: row.key, destination: row.destination, state: stateOf(row) },
    ]),
  )
}

/** Ends the leases of dead processes: on SQLite all leases, which belong to earlier processes. */
export async function endDeadLeases(db: Database, kind: LaneKind): Promise<void> {
  const end = async (tx: Queries) => {
    await (db.isServedAlone ? tx.run(endAllLeases, { kind }) : endLeasesOfDead(tx))
  }
  await db.transaction(end, { ...NOT_DURABLE_REPEATABLE, inOwnGroup: true })
}

/** Ends the leases whose owner is not among `processes`, of every kind. Resolves to the lanes. */
export async function endLeasesOfDead(tx: Queries): Promise<number[]> {
  return (await tx.all(endUnregistered, {})).map((row) => row.lane_id)
}

/** A page of lanes with ids greater than `after`. `owner`: whose leases do not count. */
export type LanePage = { kind: LaneKind; after: number; limit: number; now: number; owner: string }

/** Lanes with due items and without a valid lease of another owner. */
export async function lanesWithWork(q: Queries, page: LanePage): Promise<number[]> {
  return (await q.all(unattended, page)).map((row) => row.lane_id)
}

/** Lanes whose next attempt is due, earliest first, and the time of the next one that is not due yet. */
export async function lanesDue(
  q: Queries,
  { kind, now, limit }: { kind: LaneKind; now: number; limit: number },
): Promise<{ due: { laneId: number; destination: string }[]; nextAt: number | undefined }> {
  const due = await q.all(dueForRetry, { kind, now, limit })
  const next = await q.first(nextRetry, { kind, now })
  return {
    due: due.map((row) => ({ laneId: row.lane_id, destination: row.destination })),
    nextAt: next?.at ?? undefined,
  }
}

/** Ends the leases of `owner` on these lanes. */
export async function releaseLanes(
  tx: Queries,
  of: { owner: string; laneIds: readonly number[] },
): Promise<void> {
  await tx.run(release, of)
}

/** Moves later retries forward to these times. */
export async function advanceLanes(
  tx: Queries,
  lanes: readonly { laneId: number; at: number }[],
): Promise<void> {
  await tx.run(retryEarlier, { items: lanes.map(({ laneId, at }) => ({ id: laneId, at })) })
}

/** A lease that was not given back may have ended during an attempt. */
const toldAfterLostLease = (isIdle: RawBuilder<boolean>) =>
  sql<number>`case when lease_owner is null or value_told is null or ${isIdle} then value_told
  else ${sql.lit(UNCERTAIN_VALUE)} end`

/** Two processes that claim the same lanes do not wait for each other: the second one skips those of the first. */
const claimable = (db: QueryBuilder, p: Required<ClaimOf>, d: Dialect) =>
  d.name === 'sqlite'
    ? (d.numbers(p.laneIds) as unknown as RawBuilder<number>)
    : db
        .selectFrom('lanes as l')
        .select('l.lane_id')
        .where('l.lane_id', 'in', d.numbers(p.laneIds) as unknown as RawBuilder<number>)
        .orderBy('l.lane_id')
        .forUpdate()
        .skipLocked()

export const claim = query<Required<ClaimOf> & Lease>()((db, p, d) =>
  db
    .updateTable('lanes')
    .set({
      lease_owner: p.owner,
      lease_until: p.until,
      value_told: toldAfterLostLease(
        sql<boolean>`(lease_owner = ${p.owner} and lane_id in ${d.numbers(p.idle)})`,
      ),
    })
    .where('lane_id', 'in', claimable(db, p, d))
    .where('kind', '=', p.kind)
    // The claiming process is not working on the lane: its own lease was kept, or is left from a settling that failed.
    .where((eb) => eb.or([isFree(d, p.now), eb('lease_owner', '=', p.owner)]))
    .where(isDue(d, p.now))
    .returning(['lane_id', 'key', 'destination', ...STATE]),
)

export const endAllLeases = query<{ kind: LaneKind }>()((db, p) =>
  db
    .updateTable('lanes')
    .set({ lease_owner: null, lease_until: null, value_told: toldAfterLostLease(sql.lit(false)) })
    .where('kind', '=', p.kind)
    .where('lease_owner', 'is not', null),
)

/** The length of a process id. It begins the owner of a lease. */
export const PROCESS_ID = 12

// In the order of ids, as `claim`, so that the two do not wait for each other.
export const endUnregistered = query()((db, _, d) => {
  const dead = db
    .selectFrom('lanes')
    .select('lane_id')
    .where('lease_owner', 'is not', null)
    .where(
      sql<boolean>`substr(lease_owner, 1, ${sql.lit(PROCESS_ID)}) not in (select process_id from processes)`,
    )
    .orderBy('lane_id')
  return db
    .updateTable('lanes')
    .set({ lease_owner: null, lease_until: null, value_told: toldAfterLostLease(sql.lit(false)) })
    .where('lane_id', 'in', d.name === 'sqlite' ? dead : dead.forUpdate())
    .returning('lane_id')
})

export const release = query<{ owner: string; laneIds: readonly number[] }>()((db, p, d) =>
  db
    .updateTable('lanes')
    .set({ lease_owner: null, lease_until: null })
    .where('lane_id', 'in', lanesInOrder(db, d, d.numbers(p.laneIds)))
    .where('lease_owner', '=', p.owner),
)

// Steps from one lane with items to the next: the cost depends on the number of these lanes and not on the
// number of their items.
export const unattended = query<LanePage>()((db, p, d) =>
  db
    .withRecursive('queued(lane_id)', (cte) =>
      cte
        .selectFrom('lane_items as i')
        .where('i.lane_id', '>', p.after)
        .select((eb) => eb.fn.min<number | null>('i.lane_id').as('lane_id'))
        .unionAll((eb) =>
          eb
            .selectFrom('queued as q')
            .where('q.lane_id', 'is not', null)
            .select((next) =>
              next
                .selectFrom('lane_items as i')
                .whereRef('i.lane_id', '>', 'q.lane_id')
                .select((inner) => inner.fn.min('i.lane_id').as('lane_id'))
                .as('lane_id'),
            ),
        ),
    )
    .selectFrom('lanes')
    .select('lane_id')
    .where('lane_id', '>', p.after)
    .where('lane_id', 'in', (eb) =>
      eb
        .selectFrom('queued')
        .select('lane_id')
        .where('lane_id', 'is not', null)
        .union(eb.selectFrom('lanes').select('lane_id').where('value_due', '>', sql.lit(0))),
    )
    .where('kind', '=', p.kind)
    .where((eb) => eb.or([isFree(d, p.now), eb('lease_owner', '=', p.owner)]))
    .where(isDue(d, p.now))
    .orderBy('lane_id')
    .limit(p.limit),
)

// The sweep finds waits that exceed the maximum (`isDue`). A condition for them here would read every failing lane.
export const dueForRetry = query<{ kind: LaneKind; now: number; limit: number }>()((db, p, d) =>
  db
    .selectFrom('lanes')
    .select(['lane_id', 'destination'])
    .where('kind', '=', p.kind)
    .where('next_attempt_at', '<=', p.now)
    .where(isFree(d, p.now))
    .orderBy('next_attempt_at')
    .limit(p.limit),
)

export const nextRetry = query<{ kind: LaneKind; now: number }>()((db, p) =>
  db
    .selectFrom('lanes')
    .select((eb) => eb.fn.min('next_attempt_at').as('at'))
    .where('kind', '=', p.kind)
    .where('next_attempt_at', '>', p.now),
)

/** Finds the lane if it has the generation of the look and is still leased by `owner`. */
export const unchanged = query<{ laneId: number; generation: number; owner: string }>()((db, p) =>
  db
    .selectFrom('lanes')
    .select('lane_id')
    .where('lane_id', '=', p.laneId)
    .where('generation', '=', p.generation)
    .where('lease_owner', '=', p.owner),
)

const RETRY = { id: 'integer', at: 'integer' } as const

export const retryEarlier = query<{ items: readonly { id: number; at: number }[] }>()((db, p, d) =>
  db
    .updateTable('lanes')
    .from(d.rows(p.items, RETRY).as('r'))
    .set({ next_attempt_at: sql<number>`r.at` })
    .whereRef('lanes.lane_id', '=', 'r.id')
    .where('lanes.lane_id', 'in', lanesInOrder(db, d, sql`(select o.id from ${d.rows(p.items, RETRY)} as o)`))
    .whereRef('next_attempt_at', '>', 'r.at'),
)
