import { sql } from 'kysely'
import { hastenLane, openLane, removeEmpty } from '../sending/keyed-lanes.ts'
import { lanesInOrder } from '../sending/lane-changes.ts'
import { STATE } from '../sending/lane-store.ts'
import { type Dialect, type Queries, type Query, query } from '../storage/query.ts'
import type { QueryBuilder } from '../storage/query-builder.ts'
import type { Job } from './exchange.ts'
import type { Weight } from './queue-capacity.ts'
import { countsOf } from './queue-text.ts'

// The queue of the gateway: lanes of the kind `push`, one for each device and line, with an item for each notification.

/** A notification to put into the queue. */
export type QueueEntry = Job & {
  /** The notification with its one device, in JSON. */
  text: string
  /** The address that sent it; empty for this server itself. */
  source: string
  bytes: number
  /** The failure of the last attempt; null: none was made. */
  error: string | null
  queuedAt: number
  nextAttemptAt: number
  /** The latest end of the first attempt, if that goes on; else null. */
  takenUntil: number | null
}

/** A notification of the queue. */
export type Entry = { laneId: number; position: number }

/** The destination of a lane: its app and its line. */
export const destinationOf = (appId: string, line: string) => `${appId}\n${line}`

export function splitDestination(name: string): { appId: string; line: string } {
  const at = name.lastIndexOf('\n')
  return { appId: name.slice(0, at), line: name.slice(at + 1) }
}

/**
 * The key of a lane. A device has a lane for each of its lines, so that a line that hangs does not delay the
 * others.
 */
export const laneKeyOf = ({ deviceKey, device, line }: Pick<Job, 'deviceKey' | 'device' | 'line'>) =>
  `${deviceKey} ${destinationOf(device.app_id, line)}`

/** Longer than the longest attempt. */
export const LEASE_MS = 90_000

/** The most items for one device. The newest are kept. */
export const KEPT_PER_DEVICE = 100

export const KIND = 'push'

/** The JSON of an item. Fields that queries need are columns instead. */
export type Payload = {
  message_key: string | null
  own: 0 | 1
  user_id: string | null
  /** The attempts before it was queued. */
  attempts: number
  /** Has only one device. */
  notification: unknown
}

// Inserts the text as it is: encoding a long text a second time would cost time.
function payloadOf({ messageKey, origin, attempts, text }: QueueEntry): string {
  const head = {
    message_key: messageKey ?? null,
    own: origin.isOwn ? 1 : 0,
    user_id: origin.userId ?? null,
    attempts,
  }
  return `${JSON.stringify(head).slice(0, -1)},"notification":${text}}`
}

const dedupKeyOf = (recipientKey: string, hasOnlyCounts: boolean) =>
  `${hasOnlyCounts ? 'counts' : 'event'} ${recipientKey}`

/** Adds an item at the end of its lane. `gone`: the items of the device that it replaces. */
export async function enqueue(
  tx: Queries,
  entry: QueueEntry,
  processId: string,
): Promise<Entry & { gone: Weight[] }> {
  const { device, line, recipientKey, notification, queuedAt: now } = entry
  const lane = await tx.first(openLane, {
    kind: KIND,
    key: laneKeyOf(entry),
    destination: destinationOf(device.app_id, line),
    attempts: entry.attempts,
    nextAttemptAt: entry.takenUntil ?? entry.nextAttemptAt,
    error: entry.error,
    now,
  })
  if (lane === undefined) throw new Error('the lane gave no position')
  const { lane_id: laneId, last_position: position } = lane
  const dedupKey = dedupKeyOf(recipientKey, !notification.event_id)
  const takenBy = entry.takenUntil === null ? null : processId
  await tx.run(insertItem, { ...entry, laneId, position, takenBy, dedupKey, payload: payloadOf(entry) })
  const gone: Weight[] = []
  if (position > 1) {
    gone.push(...(await tx.all(trimLane, { laneId, kept: KEPT_PER_DEVICE })))
    gone.push(...(await renewCounts(tx, { laneId, job: entry, before: position })))
  }
  return { laneId, position, gone }
}

/** An attempt outside of the lane has ended. `before`: items from this position on are newer; absent: all are older. */
export type Reached = { job: Job; isDelivered: boolean; before?: number | undefined; at: number }

/**
 * The items that wait for the device on this line are due now. The device has received newer counts with a
 * delivery. `gone`: items that contain nothing else. `isDue`: the lane exists.
 */
export async function reach(
  tx: Queries,
  { job, isDelivered, before = Number.MAX_SAFE_INTEGER, at }: Reached,
): Promise<{ gone: Weight[]; isDue: boolean }> {
  const lane = await tx.first(hastenLane, { kind: KIND, key: laneKeyOf(job), now: at })
  if (lane === undefined) return { gone: [], isDue: false }
  const gone = isDelivered ? await renewCounts(tx, { laneId: lane.lane_id, job, before }) : []
  await removeEmpty(tx, [lane])
  return { gone, isDue: true }
}

type ItemRow = Entry &
  Pick<QueueEntry, 'queuedAt' | 'expiresAt' | 'takenUntil' | 'source' | 'bytes'> & {
    takenBy: string | null
    dedupKey: string
    payload: string
  }

export const insertItem = query<ItemRow>()((db, p) =>
  db.insertInto('lane_items').values({
    lane_id: p.laneId,
    position: p.position,
    urgent: sql.lit(0),
    created_at: p.queuedAt,
    expires_at: p.expiresAt,
    taken_until: p.takenUntil,
    taken_by: p.takenBy,
    dedup_key: p.dedupKey,
    payload: p.payload,
    source: p.source,
    bytes: p.bytes,
  }),
)

const WEIGHT = [sql<string>`source`.as('source'), sql<number>`bytes`.as('bytes')] as const

export const trimLane = query<{ laneId: number; kept: number }>()((db, p) =>
  db
    .deleteFrom('lane_items')
    .where('lane_id', '=', p.laneId)
    .where('position', '<=', (eb) =>
      eb
        .selectFrom('lane_items as i')
        .select('i.position')
        .where('i.lane_id', '=', p.laneId)
        .orderBy('i.position', 'desc')
        .limit(1)
        .offset(p.kept),
    )
    .returning(WEIGHT),
)

/** A job whose counts are newer than those of the items of its account before that position. */
type NewCounts = { laneId: number; job: Pick<Job, 'notification' | 'recipientKey'>; before: number }

/**
 * An account on a device has received newer counts with a notification: older items must not send older
 * counts. Removes the items that have only counts, and resolves to them.
 */
export async function renewCounts(
  tx: Queries,
  { laneId, job: { notification, recipientKey }, before }: NewCounts,
): Promise<Weight[]> {
  const counts = countsOf(notification)
  if (counts === undefined) return []
  const gone = await tx.all(removeCounts, { laneId, dedupKey: dedupKeyOf(recipientKey, true), before })
  await tx.run(setCounts, { laneId, dedupKey: dedupKeyOf(recipientKey, false), counts, before })
  return gone
}

export const removeCounts = query<{ laneId: number; dedupKey: string; before: number }>()((db, p) =>
  db
    .deleteFrom('lane_items')
    .where('lane_id', '=', p.laneId)
    .where('dedup_key', '=', p.dedupKey)
    .where('position', '<', p.before)
    .returning(WEIGHT),
)

export const setCounts = query<{ laneId: number; dedupKey: string; counts: string; before: number }>()(
  (db, p) =>
    db
      .updateTable('lane_items')
      .set({ counts: p.counts })
      .where('lane_id', '=', p.laneId)
      .where('dedup_key', '=', p.dedupKey)
      .where('position', '<', p.before),
)

export const removeItem = query<Entry>()((db, p) =>
  db
    .deleteFrom('lane_items')
    .where('lane_id', '=', p.laneId)
    .where('position', '=', p.position)
    .returning(WEIGHT),
)

/** The attempt that had marked the item is over. */
export const putBack = query<Entry>()((db, p) =>
  db
    .updateTable('lane_items')
    .set({ taken_until: null, taken_by: null })
    .where('lane_id', '=', p.laneId)
    .where('position', '=', p.position),
)

/** All items of these lanes, without their content. */
export const waitingIn = query<{ laneIds: readonly number[]; owner: string }>()((db, p, d) =>
  db
    .selectFrom('lanes as l')
    .leftJoin('lane_items as i', 'i.lane_id', 'l.lane_id')
    .where('l.lane_id', 'in', d.numbers(p.laneIds))
    .where('l.lease_owner', '=', p.owner)
    .select(['l.lane_id', 'l.last_position', 'i.position', 'i.expires_at', 'i.taken_until'])
    .select(STATE.map((column) => `l.${column}` as const))
    .orderBy('l.lane_id')
    .orderBy('i.position'),
)

export type QueuedRow = typeof waitingIn extends Query<infer _P, infer R> ? R : never

export const itemsAt = query<{ items: readonly { id: number; position: number }[] }>()((db, p, d) =>
  db
    .selectFrom('lane_items as i')
    .innerJoin(d.rows(p.items, { id: 'integer', position: 'integer' }).as('r'), (join) =>
      join.onRef('i.lane_id', '=', 'r.id').onRef('i.position', '=', 'r.position'),
    )
    .select(['i.lane_id', 'i.position', 'i.payload', 'i.counts', 'i.source', 'i.bytes']),
)

export type ItemContent = typeof itemsAt extends Query<infer _P, infer R> ? R : never

/** The size of the queue by source. */
export const queueWeight = query()((db) =>
  db
    .selectFrom('lane_items')
    .where('source', 'is not', null)
    .select((eb) => [
      sql<string>`source`.as('source'),
      eb.fn.countAll<number>().as('count'),
      eb.fn.sum<number>('bytes').as('bytes'),
    ])
    .groupBy('source'),
)

/**
 * Locks the lanes of the items that `takeExpired` removes, in the order of their ids. SQLite has one writer,
 * and needs no lock.
 */
export const lockLanesWithExpired = query<{ now: number; limit: number }>()((db, p, d) => {
  const rows = db
    .selectFrom('lanes')
    .select('lane_id')
    .where('lane_id', 'in', expiredItems(db, p, d).select('i.lane_id'))
    .orderBy('lane_id')
  return d.name === 'sqlite' ? rows : rows.forUpdate()
})

/** Expired items that no process is sending. */
const expiredItems = (db: QueryBuilder, p: { now: number; limit: number }, d: Dialect) =>
  db
    .selectFrom('lane_items as i')
    .innerJoin('lanes as l', 'l.lane_id', 'i.lane_id')
    .where('l.kind', '=', sql.lit(KIND))
    .where('i.expires_at', '<=', p.now)
    .where(sql<boolean>`coalesce(i.taken_until, 0) <= ${d.integer(p.now)}`)
    .where(sql<boolean>`coalesce(l.lease_until, 0) <= ${d.integer(p.now)}`)
    .orderBy('i.expires_at')
    .limit(p.limit)

export const takeExpired = query<{ now: number; limit: number }>()((db, p, d) =>
  db
    .deleteFrom('lane_items')
    .where((eb) =>
      eb(
        eb.refTuple('lane_id', 'position'),
        'in',
        expiredItems(db, p, d).select(['i.lane_id', 'i.position']).$asTuple('lane_id', 'position'),
      ),
    )
    .returning(['lane_id', 'payload', ...WEIGHT]),
)

export const lanesAt = query<{ laneIds: readonly number[] }>()((db, p, d) =>
  db.selectFrom('lanes').where('lane_id', 'in', d.numbers(p.laneIds)).select(['lane_id', 'last_position']),
)

/** Lanes with an item that a dead process had marked as in progress are due now. */
export const dueWithTaken = query<{ now: number }>()((db, p) =>
  db
    .updateTable('lanes')
    .set({ next_attempt_at: p.now })
    .where('lane_id', 'in', (eb) =>
      eb.selectFrom('lane_items').select('lane_id').where('taken_until', 'is not', null),
    ),
)

/** Removes the marks of dead processes. */
export const endAllTaken = query()((db) =>
  db
    .updateTable('lane_items')
    .set({ taken_until: null, taken_by: null })
    .where('taken_until', 'is not', null),
)

/** The first attempts that processes were making which are not among `processes` are over: their items are due now. */
export async function endTakenOfDead(tx: Queries): Promise<void> {
  await tx.run(dueWithTakenOfDead, {})
  await tx.run(endDeadTaken, {})
}

// Older versions write no process. Their marks end by their time.
const isTakenByDead = sql<boolean>`(taken_until is not null and taken_by is not null
  and taken_by not in (select process_id from processes))`

export const dueWithTakenOfDead = query()((db, _, d) =>
  db
    .updateTable('lanes')
    .set({ next_attempt_at: sql.lit(0) })
    .where(
      'lane_id',
      'in',
      lanesInOrder(db, d, sql`${db.selectFrom('lane_items').select('lane_id').where(isTakenByDead)}`),
    ),
)

export const endDeadTaken = query()((db) =>
  db.updateTable('lane_items').set({ taken_until: null, taken_by: null }).where(isTakenByDead),
)
