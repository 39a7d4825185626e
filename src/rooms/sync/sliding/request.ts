import type { RoomId } from '../../../lib/ids.ts'
import type { Ending } from '../../../lib/ending.ts'
import type { JsonObject } from '../../../lib/json.ts'
import type { Viewer } from '../../../lib/matrix-event.ts'
import type { StreamPoint } from '../../../storage/stream-point.ts'
import type { PresenceState } from '../../presence/presence-state.ts'
import type { AskedState } from './required-state.ts'
import type { RoomResult } from './room-result.ts'

// A request for sliding sync (MSC4186), in the one form that the core works on. The two shapes of the
// endpoint are parsed into it.

/** The data that a list or a subscription asks for, of each of its rooms. */
export type RoomConfig = { timelineLimit: number; requiredState: AskedState }

/** Conditions that a room of a list must fulfil. Absent ones are fulfilled. */
export type ListFilters = {
  isDm?: boolean | undefined
  isEncrypted?: boolean | undefined
  isInvited?: boolean | undefined
  /** Children of at least one of these spaces, if the user is joined to it. */
  spaces?: readonly string[] | undefined
  /** null: rooms without a type. */
  roomTypes?: readonly (string | null)[] | undefined
  notRoomTypes?: readonly (string | null)[] | undefined
  tags?: readonly string[] | undefined
  notTags?: readonly string[] | undefined
}

export type ListRequest = RoomConfig & {
  /** Places in the filtered list, both included; undefined: all. */
  ranges: readonly (readonly [number, number])[] | undefined
  filters: ListFilters
}

/** The rooms for which an extension returns data. `undefined`: all lists, or all subscribed rooms. */
export type RoomScope = {
  lists: ReadonlySet<string> | undefined
  rooms: ReadonlySet<string> | undefined
}

export type ExtensionRequests = {
  /** `since`: the position of the last message that the device has received. */
  toDevice?: { since: StreamPoint | undefined; limit: number } | undefined
  e2ee?: boolean | undefined
  accountData?: RoomScope | undefined
  receipts?: RoomScope | undefined
  typing?: RoomScope | undefined
  /** `limit`: the maximum number of changes. */
  threadSubscriptions?: { limit: number } | undefined
}

export type SlidingRequest = {
  viewer: Viewer
  /** Names the connection among those of the device; '' by default. */
  connId: string
  /** undefined: a new connection. */
  pos: string | undefined
  timeoutMs: number
  /** `set_presence`. */
  presence: PresenceState
  lists: ReadonlyMap<string, ListRequest>
  subscriptions: ReadonlyMap<RoomId, RoomConfig>
  extensions: ExtensionRequests
  /** The shape has unread counts. */
  hasCounts: boolean
  /** Writes a room in the shape of the endpoint. */
  render: (room: RoomResult) => JsonObject
  /** Returned with the response. */
  txnId?: string | undefined
  /** Ends the wait with an empty response. */
  signal: Ending
}
