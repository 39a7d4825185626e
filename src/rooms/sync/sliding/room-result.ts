import type { JsonObject } from '../../../lib/json.ts'
import type { Membership } from '../../../storage/schema.ts'
import type { UnreadCount } from '../../../notifications/counts.ts'

/** What a client gets of a room (MSC4186, `RoomResult`), before it is written in one of the two shapes. Absent: unchanged, or with `initial`: not set. */
export type RoomResult = {
  membership: Membership
  bumpStamp: number
  /** The names of the lists that contain the room. */
  lists: readonly string[]
  /** The client replaces everything that it has of the room. */
  initial?: boolean
  /** The timeline has events before those that the client already has. */
  expandedTimeline?: boolean
  /** null: removed. */
  name?: string | null
  avatar?: string | null
  heroes?: JsonObject[]
  isDm?: boolean
  requiredState?: JsonObject[]
  timeline?: JsonObject[]
  prevBatch?: string
  /** The position of the first event in the timeline. */
  start?: number
  limited?: boolean
  /** The number of events at the end of the timeline that came after the previous response. */
  numLive?: number
  joinedCount?: number
  invitedCount?: number
  counts?: UnreadCount
  /** For an invitation or a knock. */
  strippedState?: JsonObject[]
}
