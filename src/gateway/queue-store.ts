import { sql } from 'kysely'
import { hasten, removeEmpty, takePlace } from '../sending/keyed-lanes.ts'
import { STATE } from '../sending/lane-store.ts'
import { type Queries, type Query, query } from '../storage/query.ts'
import type { Origin } from './origin.ts'
import type { Weight } from './queue-room.ts'

// What waits in the gateway: lanes of the kind `push`, one for each device and line, with an item for each notification.

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
  /** Why the last attempt failed; null: there was none. */
  error: string | null
  queuedAt: number
  expiresAt: number
  nextAttemptAt: number
  /** An attempt is under way and ends by then; null: none is. */
  takenUntil: number | null
}

/** A notification of the queue. */
export type Entry = { laneId: number; position: number }

/** What waits for the same app and line, as the destination of its lanes. */
export const destinationOf = (appId: string, line: string) => `${appId}\n${line}`

export function splitDestination(name: string): { appId: string; line: string } {
  const at = name.lastIndexOf('\n')
  return { appId: name.slice(0, at), line: name.slice(at + 1) }
}

/**
 * The key of a lane. A device that is reached over several lines has a lane for each: one that hangs must not hold up the others.
 */
export const laneKeyOf = (of: { deviceKey: string; appId: string; line: string }) =>
  `${of.deviceKey} ${destinationOf(of.appId, of.line)}`

/** Longer than an attempt may take. */
export const LEASE_MS = 90_000

/** So many wait for one device at most, the newest. */
export const KEPT_PER_DEVICE = 100

const KIND = 'push'

/** As it is stored with its item, in JSON. What the database is asked by is in columns. */
export type Payload = {
  message_key: string | null
  own: 0 | 1
  user_id: string | null
  /** Made before it came into the queue. */
  attempts: number
  /** With its one device. */
  notification: unknown
}

// As text around a text: what is long is not written a second time.
function payloadOf({ messageKey, origin, attempts, notification }: QueueEntry): string {
  const head = {
    message_key: messageKey,
    own: origin.isOwn ? 1 : 0,
    user_id: origin.userId ?? null,
    attempts,
  }
  return `${JSON.stringify(head).slice(0, -1)},"notification":${notification}}`
}

const dedupKeyOf = (recipientKey: string, countsOnly: boolean) =>
  `${countsOnly ? 'counts' : 'event'} ${recipientKey}`

/** The account of a dedup key. */
export const recipientKeyIn = (dedupKey: string) => dedupKey.slice(dedupKey.indexOf(' ') + 1)

/** Puts it at the end. Resolves to where it is, and what of the device had to go for it. `counts`: as it tells them, in JSON. */
export async function enqueue(
  tx: Queries,
  entry: QueueEntry,
  counts: string | undefined,
): Promise<Entry & { gone: Weight[] }> {
  const { appId, line, recipientKey, queuedAt: now } = entry
  const place = await takePlace(tx, {
    kind: KIND,
    key: laneKeyOf(entry),
    destination: destinationOf(appId, line),
    attempts: entry.attempts,
    nextAttemptAt: entry.takenUntil ?? entry.nextAttemptAt,
    error: entry.error,
    now,
  })
  await tx.run(insertItem, {
    ...place,
    createdAt: now,
    expiresAt: entry.expiresAt,
    takenUntil: entry.takenUntil,
    dedupKey: dedupKeyOf(recipientKey, entry.countsOnly),
    payload: payloadOf(entry),
    source: entry.source,
    bytes: entry.bytes,
  })
  if (place.position === 1) return { ...place, gone: [] }
  const { laneId, position: before } = place
  const gone = await tx.all(trimLane, { laneId, kept: KEPT_PER_DEVICE })
  if (counts !== undefined) gone.push(...(await renewCounts(tx, { laneId, recipientKey, counts, before })))
  return { ...place, gone }
}

/** A delivery to a device: what waits for it on this line is due now. `counts`: as they were told, in JSON. */
export type Reached = {
  key: string
  recipientKey: string
  counts?: string
  /** Items from there on are newer. */
  before?: number
  now: number
}

/** Resolves to what went, and whether something is due now. */
export async function reach(
  tx: Queries,
  { key, recipientKey, counts, before = Number.MAX_SAFE_INTEGER, now }: Reached,
): Promise<{ gone: Weight[]; isDue: boolean }> {
  const lane = await hasten(tx, { kind: KIND, key, now })
  if (lane === undefined) return { gone: [], isDue: false }
  const { laneId } = lane
  const gone = counts === undefined ? [] : await renewCounts(tx, { laneId, recipientKey, counts, before })
  await removeEmpty(tx, [lane])
  return { gone, isDue: true }
}

type ItemRow = Entry & {
  createdAt: number
  expiresAt: number
  takenUntil: number | null
  dedupKey: string
  payload: string
  source: string
  bytes: number
}

export const insertItem = query<ItemRow>()((db, p) =>
  db.insertInto('lane_items').values({
    lane_id: p.laneId,
    position: p.position,
    urgent: sql.lit(0),
    created_at: p.createdAt,
    expires_at: p.expiresAt,
    taken_until: p.takenUntil,
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

/** Newer counts, and the account of a device that they are of. */
type NewCounts = { laneId: number; recipientKey: string; counts: string; before: number }

/**
 * A newer notification has told an account on a device its counts: what waits for it must not tell older ones, and what has nothing to
 * tell without an event, goes. Resolves to what went.
 */
export async function renewCounts(
  tx: Queries,
  { laneId, recipientKey, counts, before }: NewCounts,
): Promise<Weight[]> {
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

/** The attempt that had it in hand is over. */
export const putBack = query<Entry>()((db, p) =>
  db
    .updateTable('lane_items')
    .set({ taken_until: null })
    .where('lane_id', '=', p.laneId)
    .where('position', '=', p.position),
)

/** All that waits in lanes, as much of it as decides what is next. */
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

export type WaitingRow = typeof waitingIn extends Query<infer _P, infer R> ? R : never

export const itemsAt = query<{ items: readonly { id: number; position: number }[] }>()((db, p, d) =>
  db
    .selectFrom('lane_items as i')
    .innerJoin(d.rows(p.items, { id: 'integer', position: 'integer' }).as('r'), (join) =>
      join.onRef('i.lane_id', '=', 'r.id').onRef('i.position', '=', 'r.position'),
    )
    .select(['i.lane_id', 'i.position', 'i.dedup_key', 'i.payload', 'i.counts', 'i.source', 'i.bytes']),
)

export type ItemContent = typeof itemsAt extends Query<infer _P, infer R> ? R : never

/** How much waits, by where it came from. */
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

/** Expired items that no process is sending. */
export const takeExpired = query<{ now: number; limit: number }>()((db, p, d) =>
  db
    .deleteFrom('lane_items')
    .where((eb) =>
      eb(
        eb.refTuple('lane_id', 'position'),
        'in',
        eb
          .selectFrom('lane_items as i')
          .innerJoin('lanes as l', 'l.lane_id', 'i.lane_id')
          .where('l.kind', '=', sql.lit(KIND))
          .where('i.expires_at', '<=', p.now)
          .where(sql<boolean>`coalesce(i.taken_until, 0) <= ${d.integer(p.now)}`)
          .where(sql<boolean>`coalesce(l.lease_until, 0) <= ${d.integer(p.now)}`)
          .orderBy('i.expires_at')
          .limit(p.limit)
          .select(['i.lane_id', 'i.position'])
          .$asTuple('lane_id', 'position'),
      ),
    )
    .returning(['lane_id', 'payload', ...WEIGHT]),
)

export const lanesAt = query<{ laneIds: readonly number[] }>()((db, p, d) =>
  db.selectFrom('lanes').where('lane_id', 'in', d.numbers(p.laneIds)).select(['lane_id', 'last_position']),
)

/** Lanes in which a process that is dead had something in hand need not wait for the end of that. */
export const dueWithTaken = query<{ now: number }>()((db, p) =>
  db
    .updateTable('lanes')
    .set({ next_attempt_at: p.now })
    .where('lane_id', 'in', (eb) =>
      eb.selectFrom('lane_items').select('lane_id').where('taken_until', 'is not', null),
    ),
)

/** Processes that are dead have nothing in hand. */
export const endAllTaken = query()((db) =>
  db.updateTable('lane_items').set({ taken_until: null }).where('taken_until', 'is not', null),
)
