import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../storage/database.ts'
import { type Queries, type Query, query } from '../storage/query.ts'

/** Works off a pusher for as long as the lease holds; then somebody else may. */
export type Lease = { owner: string; until: number; now: number }

/** Leases those of the pushers that nobody holds and whose time has come. */
export async function claimPushers(
  tx: Queries,
  pusherIds: readonly number[],
  lease: Lease,
): Promise<number[]> {
  const rows = await tx.all(claim, { pusherIds, ...lease })
  return rows.map((row) => row.pusher_id)
}

/** A SQLite file is served by one process: whoever held a lease when it was opened is dead. */
export async function clearLeases(db: Database): Promise<void> {
  if (db.dialect === 'sqlite') await db.transaction((tx) => tx.run(endAllLeases, {}))
}

export type HeadRow = typeof heads extends Query<infer _P, infer R> ? R : never

/**
 * For each pusher that is still leased by `owner`: how it stands, and the oldest event after `after` that it is still to
 * be told, if any, as it stands now.
 */
export async function headsOf(
  q: Queries,
  owner: string,
  items: readonly { pusherId: number; after: number }[],
): Promise<Map<number, HeadRow>> {
  const rows = await q.all(heads, {
    owner,
    items: items.map(({ pusherId, after }) => ({ id: pusherId, after })),
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

export const claim = query<{ pusherIds: readonly number[] } & Lease>()((db, p, d) =>
  db
    .updateTable('pushers')
    .set({ lease_owner: p.owner, lease_until: p.until })
    .where('pusher_id', 'in', d.numbers(p.pusherIds))
    .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', p.now)]))
    .where((eb) => eb.or([eb('next_attempt_at', 'is', null), eb('next_attempt_at', '<=', p.now)]))
    .returning('pusher_id'),
)

export const endAllLeases = query()((db) =>
  db
    .updateTable('pushers')
    .set({ lease_owner: null, lease_until: null })
    .where('lease_owner', 'is not', null),
)

type HeadParams = { owner: string; items: readonly { id: number; after: number }[] }

export const heads = query<HeadParams>()((db, p, d) =>
  db
    .selectFrom((from) =>
      from
        .selectFrom(d.rows(p.items, { id: 'integer', after: 'integer' }).as('r'))
        .innerJoin('pushers as p', 'p.pusher_id', 'r.id')
        .where('p.lease_owner', '=', p.owner)
        .select([
          'p.pusher_id',
          'p.user_id',
          'p.app_id',
          'p.pushkey',
          'p.data',
          'p.url',
          'p.set_at',
          'p.attempts',
          'p.last_badge',
          'p.badge_due',
        ])
        // A column of its own, not a join: it is one look into the key, however long the queue.
        .select((eb) =>
          eb
            .selectFrom('outbox as o')
            .whereRef('o.pusher_id', '=', 'p.pusher_id')
            .whereRef('o.position', '>', 'r.after')
            .select((inner) => inner.fn.min('o.position').as('position'))
            .as('head'),
        )
        .as('h'),
    )
    .leftJoin('events as e', 'e.position', 'h.head')
    .leftJoin('memberships as m', (join) =>
      join.onRef('m.room_id', '=', 'e.room_id').onRef('m.user_id', '=', 'h.user_id'),
    )
    .selectAll('h')
    .select([
      'e.room_id',
      'e.type',
      'e.state_key',
      'e.sender',
      'e.thread_id',
      'e.origin_server_ts',
      'e.redacted_by',
      'm.membership',
    ]),
)

export const unattended = query<{ after: number; limit: number; now: number }>()((db, p) =>
  db
    .selectFrom('pushers')
    .select('pusher_id')
    .where('pusher_id', '>', p.after)
    .where('pusher_id', 'in', (eb) =>
      eb
        .selectFrom('outbox')
        .select('pusher_id')
        .union(eb.selectFrom('pushers').select('pusher_id').where('badge_due', '>', sql.lit(0))),
    )
    .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', p.now)]))
    .where((eb) => eb.or([eb('next_attempt_at', 'is', null), eb('next_attempt_at', '<=', p.now)]))
    .orderBy('pusher_id')
    .limit(p.limit),
)

export const dueForRetry = query<{ now: number; limit: number }>()((db, p) =>
  db
    .selectFrom('pushers')
    .select('pusher_id')
    .where('next_attempt_at', '<=', p.now)
    .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', p.now)]))
    .orderBy('next_attempt_at')
    .limit(p.limit),
)

export const nextRetry = query<{ now: number }>()((db, p) =>
  db
    .selectFrom('pushers')
    .select((eb) => eb.fn.min('next_attempt_at').as('at'))
    .where('next_attempt_at', '>', p.now),
)

/** What became of one turn with a pusher. */
export type Outcome = {
  pusherId: number
  /**
   * `sent`: the gateway took a poke. `failed`: it did not, see `error` and `nextAttemptAt`. `rejected`: it took the poke and
   * wants no more. `rest`: there was nothing to send.
   */
  kind: 'sent' | 'failed' | 'rejected' | 'rest'
  /** `set_at` of the pusher at the attempt: a failure from before it was set anew says nothing of it. */
  setAt: number
  /** Sent, or not needed any more, are all events up to here. */
  doneUpTo: number
  /** The badge that the gateway was told. */
  badge: number | null
  /** `badge_due` as it was before the badge was read; null: it was not read. */
  badgeSeen: number | null
  error: string | null
  nextAttemptAt: number | null
  /** Give the pusher back even if there is more to send. */
  release: boolean
}

/** `kept`: there is more to send, and the lease goes on. `released`: it does not. `gone`: the pusher, or the lease, is. */
export type Turn = 'kept' | 'released' | 'gone'

/**
 * Writes down what became of turns with different pushers, in their order. Nothing is changed of a pusher whose lease somebody
 * else took over, except that what was sent is taken from its outbox.
 */
export async function recordOutcomes(
  tx: Queries,
  lease: Lease,
  outcomes: readonly Outcome[],
): Promise<Turn[]> {
  const done = outcomes.filter((outcome) => outcome.doneUpTo > 0)
  if (done.length > 0)
    await tx.run(removeDone, {
      items: done.map(({ pusherId, doneUpTo }) => ({ id: pusherId, up_to: doneUpTo })),
    })
  const rows = await tx.all(applyOutcomes, { ...lease, items: outcomes.map(outcomeRow) })
  const turns = new Map(
    rows.map((row) => [row.pusher_id, row.lease_owner === null ? 'released' : 'kept'] as const),
  )
  return outcomes.map(({ pusherId }) => turns.get(pusherId) ?? 'gone')
}

/** Is the pusher still as it was when the attempt began, and leased by us? */
export async function isUnchanged(
  tx: Queries,
  pusher: { pusherId: number; setAt: number; owner: string },
): Promise<boolean> {
  return (await tx.first(unchanged, pusher)) !== undefined
}

export const unchanged = query<{ pusherId: number; setAt: number; owner: string }>()((db, p) =>
  db
    .selectFrom('pushers')
    .select('pusher_id')
    .where('pusher_id', '=', p.pusherId)
    .where('set_at', '=', p.setAt)
    .where('lease_owner', '=', p.owner),
)

export const removeDone = query<{ items: readonly { id: number; up_to: number }[] }>()((db, p, d) =>
  db.deleteFrom('outbox').where((eb) =>
    eb(
      eb.refTuple('pusher_id', 'position'),
      'in',
      eb
        .selectFrom(d.rows(p.items, { id: 'integer', up_to: 'integer' }).as('r'))
        .innerJoin('outbox as o', 'o.pusher_id', 'r.id')
        .whereRef('o.position', '<=', 'r.up_to')
        .select(['o.pusher_id', 'o.position'])
        .$asTuple('pusher_id', 'position'),
    ),
  ),
)

type OutcomeRow = {
  id: number
  kind: string
  seen_set_at: number
  told: number | null
  seen_badge: number | null
  fault: string | null
  retry_at: number | null
  give_back: number
}

const outcomeRow = (outcome: Outcome): OutcomeRow => ({
  id: outcome.pusherId,
  kind: outcome.kind,
  seen_set_at: outcome.setAt,
  told: outcome.badge,
  seen_badge: outcome.badgeSeen,
  fault: outcome.error,
  retry_at: outcome.nextAttemptAt,
  give_back: outcome.release ? 1 : 0,
})

// `r` is the outcome; columns without a prefix are the pusher's as it was before.
const isSent = sql<boolean>`r.kind = 'sent'`
const isFailed = sql<boolean>`(r.kind = 'failed' and set_at = r.seen_set_at)`
const badgeLeft = sql<number>`case when badge_due = r.seen_badge then 0 else badge_due end`
const goesOn = sql<boolean>`(r.give_back = 0 and not ${isFailed} and (${badgeLeft} > 0
  or exists (select 1 from outbox where outbox.pusher_id = pushers.pusher_id)))`

const when = <T>(
  condition: RawBuilder<boolean>,
  value: RawBuilder<unknown>,
  otherwise: RawBuilder<unknown>,
) => sql<T>`case when ${condition} then ${value} else ${otherwise} end`

export const applyOutcomes = query<{ items: readonly OutcomeRow[] } & Lease>()((db, p, d) => {
  const now = d.integer(p.now)
  const none = sql`null`
  return db
    .updateTable('pushers')
    .from(
      d
        .rows(p.items, {
          id: 'integer',
          kind: 'text',
          seen_set_at: 'integer',
          told: 'integer',
          seen_badge: 'integer',
          fault: 'text',
          retry_at: 'integer',
          give_back: 'integer',
        })
        .as('r'),
    )
    .set({
      last_success_at: when<number>(isSent, now, sql`last_success_at`),
      failing_since: when<number>(
        isSent,
        none,
        when(isFailed, sql`coalesce(failing_since, ${now})`, sql`failing_since`),
      ),
      attempts: when<number>(isSent, sql`0`, when(isFailed, sql`attempts + 1`, sql`attempts`)),
      next_attempt_at: when<number>(isFailed, sql`r.retry_at`, none),
      last_error: when<string>(isFailed, sql`r.fault`, sql`last_error`),
      last_error_at: when<number>(isFailed, now, sql`last_error_at`),
      last_badge: when<number>(isSent, sql`coalesce(r.told, last_badge)`, sql`last_badge`),
      badge_due: badgeLeft,
      lease_owner: when<string>(goesOn, sql`lease_owner`, none),
      lease_until: when<number>(goesOn, d.integer(p.until), none),
    })
    .whereRef('pushers.pusher_id', '=', 'r.id')
    .where('lease_owner', '=', p.owner)
    .returning(['pusher_id', 'lease_owner'])
})
