import type { RoomId } from '../../../lib/ids.ts'
import type { Deferred } from '../../../lib/deferred.ts'
import type { Json } from '../../../lib/json.ts'
import type { ListedRoom } from '../../room-summaries-store.ts'
import type { StreamPoint } from '../../../storage/stream-point.ts'
import type { SectionRequest } from '../section.ts'
import type { ReceiptNews } from './receipt-news.ts'
import type { ExtensionRequests } from './request.ts'
import type { KnownExtensions } from './known-extensions.ts'
import type { CombinedConfig } from './windows.ts'

/** A room in a window, as far as extensions need it. */
export type ExtensionRoom = {
  room: ListedRoom
  config: CombinedConfig
  /** The client has everything up to this point; undefined: the room is new on the connection. */
  after: StreamPoint | undefined
  /** The response has earlier events than those that the client has. */
  isGrown: boolean
  /** The extensions of which the client has the data of the room up to `after`, as bits (`ROOM_EXTENSIONS`). */
  has: number
}

/**
 * What all extensions of a response read from. The sections of /sync read from the same. `since`: undefined
 * on a new connection.
 */
export type ExtensionContext = SectionRequest & {
  requests: ExtensionRequests
  known: KnownExtensions
  /** The rooms in the windows that can have data. */
  rooms: readonly ExtensionRoom[]
  /**
   * The position of the first event in the timeline of each room that is sent. Those of deferred rooms are
   * added when the rooms are written.
   */
  starts: ReadonlyMap<RoomId, number>
  deferred: ReadonlySet<RoomId>
  receiptNews: ReceiptNews
  /** The rooms where the typing users changed since the previous response. */
  typed: ReadonlySet<RoomId>
}

/** A part of the response for an extension. Deferred data is read when it is written, which is after the rooms. */
export type ExtensionPart = Readonly<Record<string, Json | Deferred>>

export type ExtensionResult = {
  part: ExtensionPart
  /** Ends the wait of a long poll. */
  hasNews: boolean
}

/** One extension. undefined: the client does not ask for it. */
export type Extension = (context: ExtensionContext) => Promise<ExtensionResult | undefined>

/** @param bit one of `ROOM_EXTENSIONS` */
export const roomsInScope = (rooms: readonly ExtensionRoom[], bit: number): ExtensionRoom[] =>
  rooms.filter(({ config }) => (config.extensions & bit) !== 0)

/** Whether the client has the room, and not the data of the extension: it was out of the scope of the extension. */
export const isWidened = ({ after, has }: ExtensionRoom, bit: number): boolean =>
  after !== undefined && (has & bit) === 0

/**
 * Rooms by the point up to which the client has the data of an extension: undefined for a room of which it
 * has none. Nearly all have the same object.
 */
export function roomsByPoint(
  rooms: readonly ExtensionRoom[],
  bit: number,
): Map<StreamPoint | undefined, ExtensionRoom[]> {
  return Map.groupBy(rooms, (room) => (isWidened(room, bit) ? undefined : room.after))
}
