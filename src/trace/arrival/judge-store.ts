import { sql } from 'kysely'
import { query } from '../../storage/query.ts'
import { type ArrivalState, KEPT_NOT_SEEN } from './arrivals.ts'

// Queries of the sweep that looks for pokes without a fetch.

export const readProgress = query()((db) =>
  db.selectFrom('arrival_progress').select(['up_to', 'blind_until']),
)

/** Only one process moves the progress from a value to the next. */
export const moveProgress = query<{ from: number; to: number }>()((db, p) =>
  db.updateTable('arrival_progress').set({ up_to: p.to }).where('up_to', '=', p.from),
)

export const stepsAfter = query<{ after: number; limit: number }>()((db, p) =>
  db
    .selectFrom('trace_steps')
    .select(['entry_id', 'position', 'at', 'steps'])
    .where('entry_id', '>', p.after)
    .orderBy('entry_id')
    .limit(p.limit),
)

/** Whether any app has fetched an event. */
export const anyArrival = query()((db) => db.selectFrom('arrivals').select('entry_id').limit(1))

export const newestStep = query()((db) =>
  db.selectFrom('trace_steps').select((eb) => eb.fn.max('entry_id').as('entry_id')),
)

const lastArrival = sql<
  number | null
>`(select max(a.entry_id) from arrivals as a where a.pusher_id = ids.value)`

/** Those of the pushers whose device has fetched an event before. */
export const withArrivals = query<{ pusherIds: readonly number[] }>()((db, p, d) =>
  db
    .selectFrom(sql<{ value: number }>`${d.numbers(p.pusherIds)}`.as('ids'))
    .select('ids.value as pusher_id')
    .where(lastArrival, 'is not', null),
)

export type Unfetched = { position: number; pusher_id: number; sent_at: number }
type NewWaiting = {
  rows: readonly Unfetched[]
  now: number
  /** See `LAST_SEEN_EVERY_MS`. */
  seenEveryMs: number
  /** The most waiting rows of a pusher. */
  most: number
}

/**
 * Begins the wait for these pokes, except for those that were fetched and those whose device has used the
 * server since the event: it may have the event without the push. A device with several pushers is left out.
 */
export const insertWaiting = query<NewWaiting>()((db, p, d) =>
  db
    .insertInto('arrivals')
    .columns(['position', 'pusher_id', 'state', 'sent_at', 'at', 'expected'])
    .expression((eb) =>
      eb
        .selectFrom(d.rows(p.rows, { position: 'integer', pusher_id: 'integer', sent_at: 'integer' }).as('r'))
        .innerJoin('pushers as p', 'p.pusher_id', 'r.pusher_id')
        .innerJoin('devices as v', (join) =>
          join.onRef('v.user_id', '=', 'p.user_id').onRef('v.device_id', '=', 'p.device_id'),
        )
        .innerJoin('events as e', 'e.position', 'r.position')
        .where('p.enabled', '=', sql.lit(1))
        .where(
          sql<number>`(select count(*) from pushers as o
            where o.user_id = p.user_id and o.device_id = p.device_id and o.enabled = 1)`,
          '=',
          sql.lit(1),
        )
        .where(
          sql<number>`(select count(*) from arrivals as w where w.pusher_id = r.pusher_id and w.state = 'waiting')`,
          '<',
          d.integer(p.most),
        )
        .where('v.last_seen_ts', '<', sql<number>`r.sent_at - ${d.integer(p.seenEveryMs)}`)
        .where('v.last_seen_ts', '<', sql<number>`e.origin_server_ts - ${d.integer(p.seenEveryMs)}`)
        .select(['r.position', 'r.pusher_id', sql<'waiting'>`'waiting'`.as('state')])
        .select(['r.sent_at', d.integer(p.now).as('at'), sql<0 | 1>`1`.as('expected')]),
    )
    .onConflict((oc) => oc.columns(['position', 'pusher_id']).doNothing()),
)

const lastSeen = sql<number | null>`(select v.last_seen_ts from pushers as p
  inner join devices as v on v.user_id = p.user_id and v.device_id = p.device_id
  where p.pusher_id = arrivals.pusher_id)`

/** Notes the first known request of the device after the deadline. */
export const noteSeen = query<{ deadlineMs: number }>()((db, p, d) =>
  db
    .updateTable('arrivals')
    .set({ seen_at: lastSeen })
    .where('state', '=', sql.lit('waiting' as const))
    .where('seen_at', 'is', null)
    .where(lastSeen, '>=', sql<number>`sent_at + ${d.integer(p.deadlineMs)}`),
)

/** Ends waits without a conclusion: the device was not seen for long, or fetches may be lost. */
export const dropStale = query<{ sentBefore: number }>()((db, p) =>
  db
    .deleteFrom('arrivals')
    .where('state', '=', sql.lit('waiting' as const))
    .where((or) =>
      or.or([
        or('sent_at', '<=', or.selectFrom('arrival_progress').select('blind_until')),
        or.and([or('sent_at', '<', p.sentBefore), or('seen_at', 'is', null)]),
      ]),
    ),
)

/** Waits whose device was seen before a time, and has still not fetched the event. */
export const seenWithoutFetch = query<{ before: number; limit: number }>()((db, p) =>
  db
    .selectFrom('arrivals')
    .select(['entry_id', 'pusher_id'])
    .where('state', '=', sql.lit('waiting' as const))
    .where('seen_at', '<', p.before)
    .orderBy('sent_at')
    .limit(p.limit),
)

type Concluded = { entryIds: readonly number[]; state: ArrivalState; at: number }

export const conclude = query<Concluded>()((db, p, d) =>
  db
    .updateTable('arrivals')
    .set({ state: sql<ArrivalState>`${d.text(p.state)}`, at: p.at })
    .where('state', '=', sql.lit('waiting' as const))
    .where('entry_id', 'in', d.numbers(p.entryIds))
    .returning('pusher_id'),
)

const newestKept = sql<number>`(select n.entry_id from arrivals as n
  where n.pusher_id = arrivals.pusher_id and n.state = 'not seen'
  order by n.entry_id desc limit 1 offset ${sql.lit(KEPT_NOT_SEEN)})`

/** Deletes all but the newest misses of these pushers. */
export const trimNotSeen = query<{ pusherIds: readonly number[] }>()((db, p, d) =>
  db
    .deleteFrom('arrivals')
    .where('pusher_id', 'in', d.numbers(p.pusherIds))
    .where('state', '=', sql.lit('not seen' as const))
    .where('entry_id', '<=', newestKept),
)
