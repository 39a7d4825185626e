import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { type Query, query } from '../storage/query.ts'
import type { PushersTable, Schema } from '../storage/schema.ts'

// How pushers are doing, for those who look at them.

const queueOf = (eb: ExpressionBuilder<Schema & { p: PushersTable }, 'p'>) =>
  eb
    .selectFrom('outbox as o')
    .whereRef('o.pusher_id', '=', 'p.pusher_id')
    .select((inner) => inner.fn.countAll<number>().as('count'))
    .as('queued')

export const pushersWithQueue = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('pushers as p')
    .selectAll('p')
    .select(queueOf)
    .where('p.user_id', '=', p.userId)
    .orderBy('p.pusher_id'),
)

export type QueuedPusher = typeof pushersWithQueue extends Query<infer _P, infer R> ? R : never

/** Everybody's, page by page, in the order in which they were made. */
export const pushersPage = query<{ after: number; limit: number }>()((db, p) =>
  db
    .selectFrom('pushers as p')
    .selectAll('p')
    .select(queueOf)
    .where('p.pusher_id', '>', p.after)
    .orderBy('p.pusher_id')
    .limit(p.limit),
)

/** Who of these users holds which handle with which device. */
export const handleHolders = query<{ userIds: readonly UserId[] }>()((db, p, d) =>
  db
    .selectFrom('pushers')
    .select(['pusher_id', 'user_id', 'device_id', sql<string>`handle`.as('handle')])
    .where('user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>)
    .where('handle', 'is not', null)
    .orderBy('pusher_id'),
)

export type HandleHolder = typeof handleHolders extends Query<infer _P, infer R> ? R : never
