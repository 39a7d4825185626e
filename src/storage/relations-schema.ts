import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import type { Flag } from './columns.ts'

// The tables of `rooms/relations/`.

/**
 * A child event and an event that it relates to: its parent (`depth` 1), the parent of that (2), or the next
 * one (3). Both are in the same room. A redacted event is no child. The type of the relation, the event type
 * and the sender are those of the child.
 */
export type RelationsTable = {
  parent: number
  position: number
  depth: number
  rel_type: string
  event_type: string
  sender: UserId
  /** For an annotation with `depth` 1: its key, or the hash of a long key. */
  annotation_key: string | null
}

/** A user with replies in a thread. Redacted replies do not count. */
export type ThreadParticipantsTable = {
  /** The position of the root of the thread. */
  root: number
  user_id: UserId
  room_id: RoomId
  replies: number
  last_position: number
}

/**
 * The subscription of a user to a thread (MSC4306), or its end. A thread that the user never subscribed to
 * has no row.
 */
export type ThreadSubscriptionsTable = {
  user_id: UserId
  /** The root of the thread. */
  root: EventId
  room_id: RoomId
  /** 0: the user has unsubscribed. */
  subscribed: Flag
  /** 1: a client subscribed on behalf of the user. */
  automatic: Flag
  /** The position of the last change. */
  position: number
}

export type RelationsSchema = {
  relations: RelationsTable
  thread_participants: ThreadParticipantsTable
  thread_subscriptions: ThreadSubscriptionsTable
}
