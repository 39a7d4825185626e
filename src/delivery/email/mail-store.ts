import { sql } from 'kysely'
import { type Dialect, type Queries, type Query, query } from '../../storage/query.ts'
import { newestEdit } from '../outbox-store.ts'
import { isDue, isFree, type Lease } from '../pusher-state-store.ts'
import { writeThrottles, type ThrottleRow } from './throttle-store.ts'

// What e-mail pushers have to send. Their outbox is that of all pushers, and so are lease and state of failure; a row goes
// with the mail that tells of it, or when there is no reason to tell of it any more.

/** Of each room so many events are looked at, the newest, and its oldest; and so many rooms. */
export const PER_ROOM = 10
export const ROOMS = 100

/** E-mail pushers that nobody holds and that may have something to send: their oldest event came before `before`. */
type Ripe = { after: number; limit: number; now: number; before: number; beyond: number }

export const ripePushers = query<Ripe>()((db, p, d) =>
  db
    .selectFrom('pushers')
    .select('pusher_id')
    .where('kind', '=', sql.lit('email'))
    .where('enabled', '=', sql.lit(1))
    .where('pusher_id', '>', p.after)
    .where(isFree(d, p.now))
    .where(isDue(d, p.now))
    .where(isRipe(d, p))
    .orderBy('pusher_id')
    .limit(p.limit),
)

/** One look into an index for each pusher. An event from beyond the near future is from before the clock was set back. */
function isRipe(d: Dialect, p: { before: number; beyond: number }) {
  return sql<boolean>`exists (select 1 from (select o.created_at from outbox as o where o.pusher_id = pushers.pusher_id
    order by o.position limit 1) as oldest where oldest.created_at <= ${d.integer(p.before)}
    or oldest.created_at > ${d.integer(p.beyond)})`
}

export const claimMail = query<{ pusherId: number } & Lease>()((db, p, d) =>
  db
    .updateTable('pushers')
    .set({ lease_owner: p.owner, lease_until: p.until })
    .where('pusher_id', '=', p.pusherId)
    .where('kind', '=', sql.lit('email'))
    .where('enabled', '=', sql.lit(1))
    // As with pokes: a lease of one's own is one that was not ended for a fault.
    .where((eb) => eb.or([isFree(d, p.now), eb('lease_owner', '=', p.owner)]))
    .where(isDue(d, p.now))
    .returning([
      'pusher_id',
      'user_id',
      'pushkey',
      'handle',
      'data',
      'attempts',
      'enabled',
      'unsubscribe_token',
    ]),
)

export type MailPusher = typeof claimMail extends Query<infer _P, infer R> ? R : never

/**
 * What waits for a pusher: of each room its newest events and its oldest, each with what there is to say of the room as a whole. Rooms
 * with the newest events come first; of the others `rooms_waiting` tells that they are there.
 */
export const waitingEvents = query<{ pusherId: number; perRoom: number; rooms: number }>()((db, p) =>
  db
    .selectFrom((from) =>
      from
        .selectFrom((inner) =>
          inner
            .selectFrom('outbox as o')
            .leftJoin('events as e', 'e.position', 'o.position')
            .where('o.pusher_id', '=', p.pusherId)
            .select([
              'o.position',
              'o.created_at',
              'e.room_id',
              'e.type',
              'e.state_key',
              'e.sender',
              'e.thread_id',
              'e.origin_server_ts',
              'e.redacted_by',
              sql<number>`row_number() over (partition by e.room_id order by o.position desc)`.as(
                'nth_newest',
              ),
              sql<number>`row_number() over (partition by e.room_id order by o.position)`.as('nth_oldest'),
              sql<number>`count(*) over (partition by e.room_id)`.as('room_rows'),
              sql<number>`max(o.position) over (partition by e.room_id)`.as('room_newest'),
              sql<number>`min(o.created_at) over (partition by e.room_id)`.as('room_oldest_at'),
              sql<number>`max(o.created_at) over (partition by e.room_id)`.as('room_newest_at'),
            ])
            .as('w'),
        )
        .selectAll('w')
        .select([sql<number>`dense_rank() over (order by w.room_newest desc)`.as('nth_room')])
        .where((eb) => eb.or([eb('w.nth_newest', '<=', p.perRoom), eb('w.nth_oldest', '=', sql.lit(1))]))
        .as('r'),
    )
    .leftJoin('memberships as m', (join) =>
      join
        .onRef('m.room_id', '=', 'r.room_id')
        .on('m.user_id', '=', (eb) =>
          eb.selectFrom('pushers as p').select('p.user_id').where('p.pusher_id', '=', p.pusherId),
        ),
    )
    .leftJoin('rule_sets as rs', (join) =>
      join.on('rs.user_id', '=', (eb) =>
        eb.selectFrom('pushers as p').select('p.user_id').where('p.pusher_id', '=', p.pusherId),
      ),
    )
    .where('r.nth_room', '<=', p.rooms)
    .selectAll('r')
    .select(['m.membership', 'rs.version as rules_version', newestEdit('r.position').as('edit_position')])
    .orderBy('r.position'),
)

export type WaitingEvent = typeof waitingEvents extends Query<infer _P, infer R> ? R : never

/** In how many rooms something waits that came up to `upTo`. */
export const waitingRooms = query<{ pusherId: number; upTo: number }>()((db, p) =>
  db
    .selectFrom('outbox as o')
    .innerJoin('events as e', 'e.position', 'o.position')
    .where('o.pusher_id', '=', p.pusherId)
    .where('o.position', '<=', p.upTo)
    .select(sql<number>`count(distinct e.room_id)`.as('rooms')),
)

export const dropWaiting = query<{ pusherId: number; positions: readonly number[] }>()((db, p, d) =>
  db.deleteFrom('outbox').where('pusher_id', '=', p.pusherId).where('position', 'in', d.numbers(p.positions)),
)

export const dropUpTo = query<{ pusherId: number; upTo: number }>()((db, p) =>
  db
    .deleteFrom('outbox')
    .where('pusher_id', '=', p.pusherId)
    .where('position', '<=', p.upTo)
    .returning('position'),
)

/** What waits for e-mail pushers since before `before` is told nobody any more. */
export const dropStale = query<{ before: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('outbox')
    .where((eb) =>
      eb(
        eb.refTuple('pusher_id', 'position'),
        'in',
        eb
          .selectFrom('outbox as o')
          .innerJoin('pushers as p', 'p.pusher_id', 'o.pusher_id')
          .where('p.kind', '=', sql.lit('email'))
          .where('o.created_at', '<', p.before)
          .select(['o.pusher_id', 'o.position'])
          .limit(p.limit)
          .$asTuple('pusher_id', 'position'),
      ),
    ),
)

type Held = { pusherId: number; owner: string; now: number }

export const giveBackMail = query<{ pusherId: number; owner: string }>()((db, p) =>
  db
    .updateTable('pushers')
    .set({ lease_owner: null, lease_until: null })
    .where('pusher_id', '=', p.pusherId)
    .where('lease_owner', '=', p.owner),
)

export const mailSucceeded = query<Held>()((db, p) =>
  db
    .updateTable('pushers')
    .set({
      lease_owner: null,
      lease_until: null,
      failing_since: null,
      attempts: sql.lit(0),
      next_attempt_at: null,
      last_success_at: p.now,
    })
    .where('pusher_id', '=', p.pusherId)
    .where('lease_owner', '=', p.owner),
)

/** The mail server answers, and takes no such mail. */
export const mailRefused = query<Held & { error: string }>()((db, p) =>
  db
    .updateTable('pushers')
    .set({
      lease_owner: null,
      lease_until: null,
      failing_since: null,
      attempts: sql.lit(0),
      next_attempt_at: null,
      last_error: p.error,
      last_error_at: p.now,
    })
    .where('pusher_id', '=', p.pusherId)
    .where('lease_owner', '=', p.owner),
)

export const mailFailed = query<Held & { error: string; retryAt: number }>()((db, p, d) =>
  db
    .updateTable('pushers')
    .set((eb) => ({
      lease_owner: null,
      lease_until: null,
      failing_since: sql<number>`coalesce(failing_since, ${d.integer(p.now)})`,
      attempts: eb('attempts', '+', 1),
      next_attempt_at: p.retryAt,
      last_error: p.error,
      last_error_at: p.now,
    }))
    .where('pusher_id', '=', p.pusherId)
    .where('lease_owner', '=', p.owner),
)

/** Takes what a mail has told, or never will, out of the outbox, and puts off the next one. Resolves to the events' positions. */
export async function settleMail(
  tx: Queries,
  mail: { pusherId: number; upTo: number; rooms: readonly ThrottleRow[] },
): Promise<number[]> {
  const rows = await tx.all(dropUpTo, mail)
  if (mail.rooms.length > 0) await tx.run(writeThrottles, mail)
  return rows.map((row) => row.position)
}
