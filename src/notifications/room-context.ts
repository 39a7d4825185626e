import type { RoomMoment } from '../delivery/poked-event.ts'

/** The state of the room when the event was sent. */
export type RoomContext = RoomMoment & {
  /** `rooms.rules_version` directly after the event. */
  rulesVersion: number
  /** Whether any user ignores the sender. */
  senderIgnored: boolean
  /** Whether a joined member other than the sender has pushers. */
  hasPushers: boolean
  /** Whether every such member had the room on the badge before the event. */
  isOnBadges: boolean
}
