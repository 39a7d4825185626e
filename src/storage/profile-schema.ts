import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import type { Filled } from './columns.ts'

// The tables of profiles and of reports about content. Times are as in `schema.ts`.

/** Profile fields of a user other than the display name and the avatar. `value` is JSON. */
export type ProfileFieldsTable = { user_id: UserId; name: string; value: string }

/**
 * Reports of users about events, rooms and users. A report of the same target by the same user replaces the
 * earlier one.
 */
export type ReportsTable = {
  report_id: Filled<number>
  reporter: UserId
  /** The event id, room id or user id. */
  target: EventId | RoomId | UserId
  /** The room of a reported event, or the reported room. */
  room_id: RoomId | null
  reason: string
  /** A reported event as the reporter saw it, as JSON: it stays when the event is redacted. */
  event: string | null
  reported_at: number
}

export type ProfileSchema = {
  profile_fields: ProfileFieldsTable
  reports: ReportsTable
}
