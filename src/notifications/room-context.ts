import type { RoomMoment } from '../delivery/poked-event.ts'

/** The room as it was when the event was sent. */
export type RoomContext = RoomMoment & {
  /** `rooms.rules_version` right after the event. */
  rulesVersion: number
  /** Whether anybody at all ignores the author. */
  senderIgnored: boolean
}
