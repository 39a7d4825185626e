import type { RoomId, UserId } from '../lib/ids.ts'
import type { Flag } from './columns.ts'

// The tables of unread counts and the badge. The conventions of `schema.ts` apply.

/**
 * The read positions of joined members. A receipt, a message of the member or the join moves them.
 * `thread_id` as in receipts; '' covers all threads, and every joined member has that row. `joined_at` is the
 * position of the join that started the stay.
 */
export type ReadPositionsTable = {
  user_id: UserId
  room_id: RoomId
  thread_id: string
  position: number
  joined_at: number
}

/**
 * The outcome of one event for the members of a cohort that have no outcome of their own. Only events that
 * notify have a row. The totals include this event, so the unread count between two positions is one
 * subtraction.
 */
export type CohortOutcomesTable = {
  room_id: RoomId
  cohort: string
  position: number
  thread_id: string
  highlight: Flag
  /** JSON list of actions, as in the rule. */
  actions: string
  rule_kind: string
  rule_id: string
  total_notify: number
  total_highlight: number
  /** The totals of the thread 'main' up to this event, whatever its thread. */
  main_notify: number
  main_highlight: number
  /** The totals of the thread of this event. */
  thread_notify: number
  thread_highlight: number
  /** 1: the event was redacted. The totals above still include it, so it is subtracted when totals are compared. */
  retracted: Flag
}

/**
 * The threads of a cohort (without 'main') with the position of their last notifying event. Used to find
 * threads with new events.
 */
export type CohortThreadsTable = { room_id: RoomId; cohort: string; thread_id: string; last_position: number }

/** The outcome of an event for a member, where it differs from the cohort's, or for an invited user. */
export type ExceptionsTable = {
  user_id: UserId
  room_id: RoomId
  position: number
  thread_id: string
  notify: Flag
  highlight: Flag
  /** The value that the cohort counted for this event, subtracted for this member. */
  cohort_notify: Flag
  cohort_highlight: Flag
  actions: string
  rule_kind: string | null
  rule_id: string | null
}

/**
 * Outcomes that no longer count because the user ignores the sender, or blocks invitations, as they were
 * before. An own outcome has an exception, which does not notify now; a shared one is the outcome of the
 * cohort, and an exception subtracts it.
 */
export type SilencedOutcomesTable = {
  user_id: UserId
  position: number
  room_id: RoomId
  thread_id: string
  sender: UserId
  is_shared: Flag
  highlight: Flag
  actions: string
  rule_kind: string | null
  rule_id: string | null
}

/**
 * The cohort of a member for the events after `from_position`, until the member's next row. Without an
 * earlier row, the member belongs to the default cohort.
 */
export type CohortMembersTable = { user_id: UserId; room_id: RoomId; from_position: number; cohort: string }

/** Rooms with unread events, and rooms of invitations, of users with pushers. Their number is the badge. */
export type BadgeRoomsTable = { user_id: UserId; room_id: RoomId }

export type UnreadSchema = {
  read_positions: ReadPositionsTable
  cohort_outcomes: CohortOutcomesTable
  cohort_threads: CohortThreadsTable
  exceptions: ExceptionsTable
  silenced_outcomes: SilencedOutcomesTable
  cohort_members: CohortMembersTable
  badge_rooms: BadgeRoomsTable
}
