import type { RoomMoment } from '../delivery/poked-event.ts'
import type { RoomNameInput } from '../delivery/room-name.ts'

/** The state of the room when the event was sent. */
export type RoomContext = RoomMoment & {
  /** `rooms.rules_version` directly after the event. */
  rulesVersion: number
  /** `rooms.members_version` directly after the event. */
  membersVersion: number
  /** Whether any user ignores the sender. */
  senderIgnored: boolean
  /** Whether a joined member other than the sender has pushers. */
  hasPushers: boolean
  /** Whether every such member had the room on the badge before the event. */
  isOnBadges: boolean
  /** Whether the sender had the room on the badge before the event. */
  senderOnBadge: boolean
  /** The names for pokes, before the event. */
  naming: RoomNaming
}

export type RoomNaming = Pick<RoomNameInput, 'name' | 'canonicalAlias' | 'memberCount'> & {
  /** Absent: the sender has none. */
  senderDisplayName?: string
}
