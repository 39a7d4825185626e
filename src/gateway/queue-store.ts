import { type Queries, type Query, query } from '../storage/query.ts'
import type { Database } from '../storage/database.ts'
import type { Origin } from './origin.ts'
import type { Weight } from './queue-room.ts'

/** A notification that waits, as it goes into the queue. */
export type QueueEntry = {
  appId: string
  line: string
  deviceKey: string
  /** See `recipientKeyOf`; empty: there is none. */
  recipientKey: string
  messageKey: string | null
  /** JSON. */
  notification: string
  countsOnly: boolean
  origin: Origin
  /** The address that it came from; empty for what this server sends itself. */
  source: string
  bytes: number
  attempts: number
  queuedAt: number
  expiresAt: number
  nextAttemptAt: number
  leasedUntil: number
}

/** What waits for the same, as a name in the queue. */
export const queueLine = (appId: string, line: string) => `${appId}\n${line}`

export function splitQueueLine(name: string): { appId: string; line: string } {
  const at = name.lastIndexOf('\n')
  return { appId: name.slice(0, at), line: name.slice(at + 1) }
}

/** Longer than an attempt may take. */
export const LEASE_MS = 90_000

/** So many wait for one device at most, the newest. */
export const KEPT_PER_DEVICE = 100

/** Puts it at the end. Resolves to its id, and what of the device had to go for it. */
export async function enqueue(tx: Queries, entry: QueueEntry): Promise<{ queueId: number; gone: Weight[] }> {
  const row = await tx.first(insertEntry, {
    ...entry,
    countsOnly: entry.countsOnly ? 1 : 0,
    isOwn: entry.origin.isOwn ? 1 : 0,
    userId: entry.origin.userId ?? null,
  })
  if (row === undefined) throw new Error('the queue gave no id')
  const gone = await tx.all(trimDevice, { deviceKey: entry.deviceKey, kept: KEPT_PER_DEVICE })
  return { queueId: row.queue_id, gone }
}

type EntryRow = Omit<QueueEntry, 'countsOnly' | 'origin'> & {
  countsOnly: 0 | 1
  isOwn: 0 | 1
  userId: string | null
}

export const insertEntry = query<EntryRow>()((db, p) =>
  db
    .insertInto('gateway_queue')
    .values({
      app_id: p.appId,
      line: p.line,
      device_key: p.deviceKey,
      data_key: p.recipientKey,
      message_key: p.messageKey,
      notification: p.notification,
      counts: null,
      counts_only: p.countsOnly,
      own: p.isOwn,
      user_id: p.userId,
      source: p.source,
      bytes: p.bytes,
      attempts: p.attempts,
      queued_at: p.queuedAt,
      expires_at: p.expiresAt,
      next_attempt_at: p.nextAttemptAt,
      leased_until: p.leasedUntil,
    })
    .returning('queue_id'),
)

export const trimDevice = query<{ deviceKey: string; kept: number }>()((db, p) =>
  db
    .deleteFrom('gateway_queue')
    .where('device_key', '=', p.deviceKey)
    .where('queue_id', '<=', (eb) =>
      eb
        .selectFrom('gateway_queue as q')
        .select('q.queue_id')
        .where('q.device_key', '=', p.deviceKey)
        .orderBy('q.queue_id', 'desc')
        .limit(1)
        .offset(p.kept),
    )
    .returning(['source', 'bytes']),
)

/** Newer counts, and the account of a device that they are of. */
export type NewCounts = { deviceKey: string; recipientKey: string; counts: string }

/**
 * A newer notification has told an account on a device its counts: what waits for it must not tell older ones, and what has nothing to
 * tell without an event, goes. Resolves to what went.
 */
export async function renewCounts(tx: Queries, at: NewCounts & { before: number }): Promise<Weight[]> {
  const gone = await tx.all(dropCountsOnly, at)
  await tx.run(setCounts, at)
  return gone
}

export const dropCountsOnly = query<{ deviceKey: string; recipientKey: string; before: number }>()((db, p) =>
  db
    .deleteFrom('gateway_queue')
    .where('device_key', '=', p.deviceKey)
    .where('data_key', '=', p.recipientKey)
    .where('counts_only', '=', 1)
    .where('queue_id', '<', p.before)
    .returning(['source', 'bytes']),
)

export const setCounts = query<NewCounts & { before: number }>()((db, p) =>
  db
    .updateTable('gateway_queue')
    .set({ counts: p.counts })
    .where('device_key', '=', p.deviceKey)
    .where('data_key', '=', p.recipientKey)
    .where('queue_id', '<', p.before),
)

export const removeEntry = query<{ queueId: number }>()((db, p) =>
  db.deleteFrom('gateway_queue').where('queue_id', '=', p.queueId).returning(['source', 'bytes']),
)

export const postpone = query<{ queueId: number; attempts: number; nextAttemptAt: number }>()((db, p) =>
  db
    .updateTable('gateway_queue')
    .set({ attempts: p.attempts, next_attempt_at: p.nextAttemptAt, leased_until: 0 })
    .where('queue_id', '=', p.queueId),
)

/** The device can be reached: what waits for it need not wait any longer. */
export const hasten = query<{ deviceKey: string; now: number }>()((db, p) =>
  db
    .updateTable('gateway_queue')
    .set({ next_attempt_at: p.now })
    .where('device_key', '=', p.deviceKey)
    .where('next_attempt_at', '>', p.now),
)

/** What is due on a line and in nobody's hands, the longest due first. */
export const dueOn = query<{ line: string; now: number; limit: number }>()((db, p) =>
  db
    .selectFrom('gateway_queue')
    .select(['queue_id', 'device_key'])
    .where('line', '=', p.line)
    .where('next_attempt_at', '<=', p.now)
    .where('leased_until', '<=', p.now)
    .where('expires_at', '>', p.now)
    .orderBy('next_attempt_at')
    .orderBy('queue_id')
    .limit(p.limit),
)

/** Of several who try to take the same, one gets it. */
export const lease = query<{ queueIds: readonly number[]; now: number; until: number }>()((db, p, d) =>
  db
    .updateTable('gateway_queue')
    .set({ leased_until: p.until })
    .where('queue_id', 'in', d.numbers(p.queueIds))
    .where('leased_until', '<=', p.now)
    .returning([
      'queue_id',
      'app_id',
      'device_key',
      'data_key',
      'message_key',
      'notification',
      'counts',
      'counts_only',
      'own',
      'user_id',
      'attempts',
      'expires_at',
    ]),
)

export type LeasedRow = typeof lease extends Query<infer _P, infer R> ? R : never

export const nextDueOn = query<{ line: string; now: number }>()((db, p) =>
  db
    .selectFrom('gateway_queue')
    .select((eb) => eb.fn.min('next_attempt_at').as('at'))
    .where('line', '=', p.line)
    .where('leased_until', '<=', p.now),
)

export const linesQueued = query<Record<never, never>>()((db) =>
  db.selectFrom('gateway_queue').select('line').distinct(),
)

/** How much waits, by where it came from. */
export const queueWeight = query<Record<never, never>>()((db) =>
  db
    .selectFrom('gateway_queue')
    .select((eb) => ['source', eb.fn.countAll<number>().as('count'), eb.fn.sum<number>('bytes').as('bytes')])
    .groupBy('source'),
)

/** Takes away, and returns, what nobody needs any more. */
export const takeExpired = query<{ now: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('gateway_queue')
    .where('queue_id', 'in', (eb) =>
      eb
        .selectFrom('gateway_queue')
        .select('queue_id')
        .where('expires_at', '<=', p.now)
        .where('leased_until', '<=', p.now)
        .orderBy('expires_at')
        .limit(p.limit),
    )
    .returning(['app_id', 'device_key', 'message_key', 'notification', 'attempts']),
)

export const endAllLeases = query<Record<never, never>>()((db) =>
  db.updateTable('gateway_queue').set({ leased_until: 0 }).where('leased_until', '>', 0),
)

/** Ends the leases of processes that are dead; nothing waits for them to run out. */
export async function clearLeases(db: Database): Promise<void> {
  if (db.isServedAlone) await db.transaction((tx) => tx.run(endAllLeases, {}))
}
