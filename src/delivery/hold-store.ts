import { type RawBuilder, sql } from 'kysely'
import { type Queries, type Query, query } from '../storage/query.ts'
import { hasWaiting } from './outbox-store.ts'

/** A pusher that was leased and may not send now. */
export type GivenBack = {
  pusherId: number
  /** Its gateway rests: what is wrong with it, and when the pusher may try again. */
  resting?: { until: number; error: string }
}

/** Gives leased pushers back as they are, or, where their gateway rests, as failing until it may be tried again. */
export async function giveBack(
  tx: Queries,
  { owner, now }: { owner: string; now: number },
  pushers: readonly GivenBack[],
): Promise<void> {
  const items = pushers.map(({ pusherId, resting }) => ({
    id: pusherId,
    retry_at: resting?.until ?? null,
    fault: resting?.error ?? null,
  }))
  await tx.run(endLeases, { owner, now, items })
}

/** The gateway is back: pushers that wait for it until later go on at these times. */
export async function advanceRetries(
  tx: Queries,
  pushers: readonly { pusherId: number; at: number }[],
): Promise<void> {
  await tx.run(retryEarlier, { items: pushers.map(({ pusherId, at }) => ({ id: pusherId, at })) })
}

type HoldRow = { id: number; retry_at: number | null; fault: string | null }

const isHeld = sql<boolean>`(r.retry_at is not null and (badge_due > 0 or ${hasWaiting}))`

export const endLeases = query<{ owner: string; now: number; items: readonly HoldRow[] }>()((db, p, d) => {
  const now = d.integer(p.now)
  return db
    .updateTable('pushers')
    .from(d.rows(p.items, { id: 'integer', retry_at: 'integer', fault: 'text' }).as('r'))
    .set({
      lease_owner: null,
      lease_until: null,
      failing_since: sql`case when ${isHeld} then coalesce(failing_since, ${now}) else failing_since end`,
      next_attempt_at: sql`case when ${isHeld} then r.retry_at end`,
      held_until: sql`case when ${isHeld} then null else held_until end`,
      last_error: sql`case when ${isHeld} then r.fault else last_error end`,
      last_error_at: sql`case when ${isHeld} then ${now} else last_error_at end`,
    })
    .whereRef('pushers.pusher_id', '=', 'r.id')
    .where('lease_owner', '=', p.owner)
})

export const retryEarlier = query<{ items: readonly { id: number; at: number }[] }>()((db, p, d) =>
  db
    .updateTable('pushers')
    .from(d.rows(p.items, { id: 'integer', at: 'integer' }).as('r'))
    .set({ next_attempt_at: sql<number>`r.at` })
    .whereRef('pushers.pusher_id', '=', 'r.id')
    .whereRef('next_attempt_at', '>', 'r.at'),
)

export type FailingRow = typeof failingPushers extends Query<infer _P, infer R> ? R : never

/** Those that wait to try again. */
export const failingPushers = query()((db) =>
  db
    .selectFrom('pushers')
    .select(['pusher_id', 'url', 'last_error', 'last_error_at'])
    .where('next_attempt_at', 'is not', null)
    .where('failing_since', 'is not', null)
    .where('enabled', '=', sql.lit(1)),
)

/** When something was last sent to each of these URLs. */
export const lastSuccesses = query<{ urls: readonly string[] }>()((db, p, d) =>
  db
    .selectFrom('pushers')
    .select('url')
    .select((eb) => eb.fn.max('last_success_at').as('at'))
    .where('url', 'in', d.list(p.urls) as RawBuilder<string>)
    .groupBy('url'),
)
