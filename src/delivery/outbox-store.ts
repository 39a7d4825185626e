import { type Expression, type QueryCreator, type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import { type Dialect, query } from '../storage/query.ts'
import type { Schema } from '../storage/schema.ts'
import { isCall } from '../lib/call-events.ts'
import { lanesInOrder } from '../sending/lane-changes.ts'

// Adds items to the queues of pushers. All functions run in the transaction of the event. `onCommit` gets the
// ids of the pushers to wake on the topic 'delivery'. They contain e-mail pushers too; no wake-up claims
// their lanes, because `email/worker.ts` finds them itself.

type OnCommit = (pusherIds: number[]) => void

/** The event to send. */
type EventToSend = { position: number; type: string }

type ForRoom = EventToSend & {
  roomId: RoomId
  /** Members who get no poke, such as the sender. */
  except: readonly UserId[]
  /** Milliseconds since the Unix epoch. */
  now: number
}

/** Adds one item for each pusher of the joined members of a room. The cost grows with the members who have pushers. */
export function enqueueForRoom(tx: Transaction, work: ForRoom, onCommit: OnCommit): void {
  tx.write(addForRoom, { ...work, urgent: urgencyOf(work) }, calledWithIds(onCommit))
}

/** Adds one item for each pusher of these users. A pusher that already has an item for the event gets no second one. */
export function enqueueForUsers(
  tx: Transaction,
  work: EventToSend & { userIds: readonly UserId[]; now: number },
  onCommit: OnCommit,
): void {
  if (work.userIds.length === 0) return
  tx.write(addForUsers, { ...work, urgent: urgencyOf(work) }, calledWithIds(onCommit))
}

/** A handle of a user. */
export type HandleOfUser = { userId: UserId; handle: string }

/** Adds one item for each pusher with one of these handles, for an event that only device rules notify of. */
export function enqueueForHandles(
  tx: Transaction,
  work: EventToSend & { holders: readonly HandleOfUser[]; now: number },
  onCommit: OnCommit,
): void {
  if (work.holders.length === 0) return
  const holders = work.holders.map(({ userId, handle }) => ({ user_id: userId, handle }))
  tx.write(addForHandles, { ...work, holders, urgent: urgencyOf(work) }, calledWithIds(onCommit))
}

/**
 * The badge of these users may have changed: their pushers send the new badge, unless a poke delivers it
 * first. Written last, because transactions of different rooms change the badges of the same users.
 */
export function flagBadge(tx: Transaction, userIds: readonly UserId[], onCommit: OnCommit): void {
  if (userIds.length > 0) tx.writeLast(markBadgeDue, userIds, calledWithIds(onCommit))
}

const calledWithIds = (onCommit: OnCommit) => (rows: readonly { lane_id: number }[]) =>
  onCommit(rows.map((row) => row.lane_id))

/** The kinds of pushers that have a queue of events. */
const SENDING = [sql.lit('http'), sql.lit('webpush'), sql.lit('email')]

/** The kinds of pushers that are sent the badge. A mail contains none. */
const BADGED = [sql.lit('http'), sql.lit('webpush')]

const urgencyOf = ({ type }: EventToSend) => (isCall(type) ? 1 : 0)

type Row = { position: number; now: number; urgent: number }

/** The columns of an item for each pusher `p`. */
const itemOf = (d: Dialect, { position, now, urgent }: Row) =>
  [
    'p.pusher_id',
    d.integer(position).as('position'),
    d.integer(now).as('created_at'),
    d.integer(urgent).as('urgent'),
  ] as const

/** Adds the selected items, and returns the lanes that had none for the event. */
const insertItems = (db: QueryCreator<Schema>, items: Expression<unknown>) =>
  db
    .insertInto('lane_items')
    .columns(['lane_id', 'position', 'created_at', 'urgent'])
    .expression(items as never)
    .onConflict((conflict) => conflict.columns(['lane_id', 'position']).doNothing())
    .returning('lane_id')

export const addForRoom = query<Omit<ForRoom, 'type'> & Row>()((db, p, d) =>
  insertItems(
    db,
    db
      .selectFrom('memberships as m')
      .innerJoin('pushers as p', 'p.user_id', 'm.user_id')
      .where('m.room_id', '=', p.roomId)
      // A literal: no database uses a partial index for a bound parameter.
      .where('m.has_pushers', '=', sql.lit(1))
      .where('m.membership', '=', 'join')
      .where('m.user_id', 'not in', d.list(p.except) as RawBuilder<UserId>)
      .where('p.kind', 'in', SENDING)
      .where('p.enabled', '=', sql.lit(1))
      .where('p.activated', '=', sql.lit(1))
      .select(itemOf(d, p)),
  ),
)

export const addForUsers = query<{ userIds: readonly UserId[] } & Row>()((db, p, d) =>
  insertItems(
    db,
    db
      .selectFrom('pushers as p')
      .where('p.user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>)
      .where('p.kind', 'in', SENDING)
      .where('p.enabled', '=', sql.lit(1))
      .where('p.activated', '=', sql.lit(1))
      .select(itemOf(d, p)),
  ),
)

type HolderRow = { user_id: UserId; handle: string }

export const addForHandles = query<{ holders: readonly HolderRow[] } & Row>()((db, p, d) =>
  insertItems(
    db,
    db
      .selectFrom(d.rows(p.holders, { user_id: 'text', handle: 'text' }).as('r'))
      .innerJoin('pushers as p', (join) =>
        join.onRef('p.user_id', '=', 'r.user_id').onRef('p.handle', '=', 'r.handle'),
      )
      .where('p.kind', 'in', SENDING)
      .where('p.enabled', '=', sql.lit(1))
      .where('p.activated', '=', sql.lit(1))
      .select(itemOf(d, p)),
  ),
)

// A counter, not a flag: after sending the badge, only the count from before the badge was read is subtracted.
export const markBadgeDue = query<{ userIds: readonly UserId[] }>()((db, p, d) =>
  db
    .updateTable('lanes')
    .set((eb) => ({ value_due: eb('value_due', '+', 1) }))
    .where(
      'lane_id',
      'in',
      lanesInOrder(
        db,
        d,
        sql`${db
          .selectFrom('pushers')
          .select('pusher_id')
          .where('user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>)
          .where('kind', 'in', BADGED)
          .where('enabled', '=', sql.lit(1))
          .where('activated', '=', sql.lit(1))
          .where('disable_badge_count', '=', sql.lit(0))}`,
      ),
    )
    .returning('lane_id'),
)
