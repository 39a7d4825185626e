import { sql } from 'kysely'

// The facts of a queued event that decide whether it is still sent, for a poke and for a mail.

/** Of the event `e`. All are null when the event is gone. */
export const QUEUED_EVENT = [
  'e.room_id',
  'e.type',
  'e.state_key',
  'e.sender',
  'e.thread_id',
  'e.origin_server_ts',
  'e.redacted_by',
] as const

/**
 * Of the recipient: the membership `m` in the room, and the version of the rule set `rs`, which is null with
 * the default rules only.
 */
export const RECIPIENT = ['m.membership', 'rs.version as rules_version'] as const

/** The position of the newest valid edit of the event whose position is in `column`. */
export const newestEdit = (column: string) => sql<number | null>`(select max(d.edit_position) from edits as d
  where d.position = ${sql.ref(column)})`
