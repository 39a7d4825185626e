import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { type Query, query } from '../storage/query.ts'
import type { LanesTable } from '../storage/sending-schema.ts'
import type { PushersTable } from '../storage/pushers-schema.ts'
import type { Schema } from '../storage/schema.ts'

// Queries for reports about the status of pushers.

const DELIVERY_STATE = [
  'l.failing_since',
  'l.attempts',
  'l.next_attempt_at',
  'l.held_until',
  'l.last_error',
  'l.last_error_at',
  'l.last_success_at',
  'l.lease_until',
] as const

/** `waiting_since`: when the oldest item was queued. */
const queueOf = (eb: ExpressionBuilder<Schema & { p: PushersTable; l: LanesTable }, 'p' | 'l'>) => {
  const items = eb.selectFrom('lane_items as i').whereRef('i.lane_id', '=', 'p.pusher_id')
  return [
    items.select((inner) => inner.fn.countAll<number>().as('count')).as('queued'),
    items.select((inner) => inner.fn.min('i.created_at').as('at')).as('waiting_since'),
  ]
}

export const pushersWithQueue = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('pushers as p')
    .innerJoin('lanes as l', 'l.lane_id', 'p.pusher_id')
    .selectAll('p')
    .select(DELIVERY_STATE)
    .select(queueOf)
    .where('p.user_id', '=', p.userId)
    .orderBy('p.pusher_id'),
)

export type QueuedPusher = typeof pushersWithQueue extends Query<infer _P, infer R> ? R : never

/** One page of the pushers of all users, in the order of creation. */
export const pushersPage = query<{ after: number; limit: number }>()((db, p) =>
  db
    .selectFrom('pushers as p')
    .innerJoin('lanes as l', 'l.lane_id', 'p.pusher_id')
    .selectAll('p')
    .select(DELIVERY_STATE)
    .select(queueOf)
    .where('p.pusher_id', '>', p.after)
    .orderBy('p.pusher_id')
    .limit(p.limit),
)

/** The handles of these users, each with its device. */
export const handleHolders = query<{ userIds: readonly UserId[] }>()((db, p, d) =>
  db
    .selectFrom('pushers')
    .select(['pusher_id', 'user_id', 'device_id', sql<string>`handle`.as('handle')])
    .where('user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>)
    .where('handle', 'is not', null)
    .orderBy('pusher_id'),
)

export type HandleHolder = typeof handleHolders extends Query<infer _P, infer R> ? R : never
