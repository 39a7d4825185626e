import type { JsonObject } from '../../../lib/json.ts'
import type { Membership } from '../../../storage/rooms-schema.ts'
import type { UnreadCount } from '../../../notifications/counts.ts'

/**
 * What a client gets of a room (MSC4186, `RoomResult`), before it is written in one of the two shapes.
 * undefined: unchanged, or with `initial`: not set.
 */
export type RoomResult = {
  membership: Membership
  bumpStamp: number
  /** The names of the lists that contain the room. */
  lists: readonly string[]
  /** The client replaces everything that it has of the room. */
  initial?: boolean | undefined
  /** The timeline has events before those that the client already has. */
  expandedTimeline?: boolean | undefined
  /** null: removed. */
  name?: string | null | undefined
  avatar?: string | null | undefined
  heroes?: JsonObject[] | undefined
  isDm?: boolean | undefined
  requiredState?: JsonObject[] | undefined
  timeline?: JsonObject[] | undefined
  prevBatch?: string | undefined
  /** The position of the first event in the timeline. */
  start?: number | undefined
  limited?: boolean | undefined
  /** The number of events at the end of the timeline that came after the previous response. */
  numLive?: number | undefined
  joinedCount?: number | undefined
  invitedCount?: number | undefined
  counts?: UnreadCount | undefined
  /** For an invitation or a knock. */
  strippedState?: JsonObject[] | undefined
}
