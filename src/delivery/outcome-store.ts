import { type RawBuilder, sql } from 'kysely'
import { type Queries, query } from '../storage/query.ts'
import { type Collapse, removeCollapsed } from './collapse-store.ts'
import { hasWaiting } from './outbox-store.ts'
import type { Lease } from './pusher-state-store.ts'
import type { PusherStep } from '../trace/trace.ts'

/** What became of one turn with a pusher. */
export type Outcome = {
  pusherId: number
  /**
   * `sent`: the gateway took a poke. `failed`: it did not, see `error` and `nextAttemptAt`. `dropped`: it never will, see
   * `error`, and may well take the next. `rejected`: it took the poke and wants no more. `held`: not now,
   * see `heldUntil` and `nextAttemptAt`. `rest`: there was nothing to send.
   */
  kind: 'sent' | 'failed' | 'dropped' | 'rejected' | 'held' | 'rest'
  /** `set_at` of the pusher at the attempt: a failure from before it was set anew says nothing of it. */
  setAt: number
  /** The positions of the events that were sent or are not needed any more. */
  done: readonly number[]
  /** What else goes of the outbox, after an outage. */
  collapsed: Collapse | null
  /** What became of single events in it. */
  steps: readonly PusherStep[]
  /** The badge that the gateway was told. */
  badge: number | null
  /** `badge_due` as it was before the badge was read; null: it was not read. */
  badgeSeen: number | null
  /** The token for its activation that needs not be sent any more. */
  ackTokenTold: string | null
  error: string | null
  nextAttemptAt: number | null
  /** When what is held is sent at the latest. */
  heldUntil: number | null
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
  await clearDone(tx, outcomes)
  for (const { pusherId, collapsed } of outcomes)
    if (collapsed) await tx.run(removeCollapsed, { pusherId, ...collapsed })
  const rows = await tx.all(applyOutcomes, { ...lease, items: outcomes.map(outcomeRow) })
  const turns = new Map(
    rows.map((row) => [row.pusher_id, row.lease_owner === null ? 'released' : 'kept'] as const),
  )
  return outcomes.map(({ pusherId }) => turns.get(pusherId) ?? 'gone')
}

/** Takes from the outbox what these turns are done with. */
export async function clearDone(tx: Queries, outcomes: readonly Outcome[]): Promise<void> {
  const items = outcomes.flatMap(({ pusherId, done }) => done.map((position) => ({ id: pusherId, position })))
  if (items.length > 0) await tx.run(removeDone, { items })
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

// By whole keys: for a range of each pusher PostgreSQL expects a third of its backlog, and reads the whole outbox instead.
export const removeDone = query<{ items: readonly { id: number; position: number }[] }>()((db, p, d) =>
  db.deleteFrom('outbox').where((eb) =>
    eb(
      eb.refTuple('pusher_id', 'position'),
      'in',
      eb
        .selectFrom(d.rows(p.items, { id: 'integer', position: 'integer' }).as('r'))
        .select(['r.id', 'r.position'])
        .$asTuple('id', 'position'),
    ),
  ),
)

type OutcomeRow = {
  id: number
  kind: string
  seen_set_at: number
  told: number | null
  seen_badge: number | null
  told_token: string | null
  fault: string | null
  retry_at: number | null
  hold_end: number | null
  give_back: number
}

const outcomeRow = (outcome: Outcome): OutcomeRow => ({
  id: outcome.pusherId,
  kind: outcome.kind,
  seen_set_at: outcome.setAt,
  told: outcome.badge,
  seen_badge: outcome.badgeSeen,
  told_token: outcome.ackTokenTold,
  fault: outcome.error,
  retry_at: outcome.nextAttemptAt,
  hold_end: outcome.heldUntil,
  give_back: outcome.release ? 1 : 0,
})

// `r` is the outcome; columns without a prefix are the pusher's as it was before.
const isSent = sql<boolean>`r.kind = 'sent'`
const isHeld = sql<boolean>`r.kind = 'held'`
const isFailed = sql<boolean>`(r.kind = 'failed' and set_at = r.seen_set_at)`
// What a gateway says no to is no outage: it answers.
const isAnswered = sql<boolean>`r.kind in ('sent', 'dropped')`
const isFault = sql<boolean>`(r.fault is not null and set_at = r.seen_set_at)`
const badgeLeft = sql<number>`case when badge_due = r.seen_badge then 0 else badge_due end`
const activationLeft = sql<0 | 1>`case when ack_token = r.told_token then 0 else activation_due end`
const goesOn = sql<boolean>`(r.give_back = 0 and not ${isFailed} and not ${isHeld} and (${activationLeft} = 1
  or activated = 1 and (${badgeLeft} > 0 or ${hasWaiting})))`

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
          told_token: 'text',
          fault: 'text',
          retry_at: 'integer',
          hold_end: 'integer',
          give_back: 'integer',
        })
        .as('r'),
    )
    .set({
      last_success_at: when<number>(isSent, now, sql`last_success_at`),
      failing_since: when<number>(
        isAnswered,
        none,
        when(isFailed, sql`coalesce(failing_since, ${now})`, sql`failing_since`),
      ),
      attempts: when<number>(isAnswered, sql`0`, when(isFailed, sql`attempts + 1`, sql`attempts`)),
      next_attempt_at: when<number>(sql`${isFailed} or ${isHeld}`, sql`r.retry_at`, none),
      held_until: sql`r.hold_end`,
      last_error: when<string>(isFault, sql`r.fault`, sql`last_error`),
      last_error_at: when<number>(isFault, now, sql`last_error_at`),
      last_badge: when<number>(isSent, sql`coalesce(r.told, last_badge)`, sql`last_badge`),
      badge_due: badgeLeft,
      activation_due: activationLeft,
      lease_owner: when<string>(goesOn, sql`lease_owner`, none),
      lease_until: when<number>(goesOn, d.integer(p.until), none),
    })
    .whereRef('pushers.pusher_id', '=', 'r.id')
    .where('lease_owner', '=', p.owner)
    .returning(['pusher_id', 'lease_owner'])
})
