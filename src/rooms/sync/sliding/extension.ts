import type { RoomId } from '../../../lib/ids.ts'
import type { JsonObject } from '../../../lib/json.ts'
import type { Viewer } from '../../../lib/matrix-event.ts'
import type { Queries } from '../../../storage/query.ts'
import type { ListedRoom } from '../../room-summaries-store.ts'
import type { AccountData } from '../extras.ts'
import type { SectionFacts } from '../section.ts'
import type { SyncToken } from '../token.ts'
import type { ReceiptNews } from './receipt-news.ts'
import type { ExtensionRequests, RoomScope } from './request.ts'
import type { CombinedConfig } from './windows.ts'

/** A room in a window, as far as extensions need it. */
export type ExtensionRoom = {
  room: ListedRoom
  config: CombinedConfig
  /** The client has everything up to this position; undefined: the room is new on the connection. */
  after: number | undefined
  /** The response has earlier events than those that the client has. */
  isGrown: boolean
}

/** What all extensions of a response read from. */
export type ExtensionContext = SectionFacts & {
  read: Queries
  viewer: Viewer
  requests: ExtensionRequests
  /** undefined: a new connection. */
  since: SyncToken | undefined
  now: SyncToken
  /** The letters of the extensions that had data in the previous response (`ConnectionPart['extensions']`). */
  known: string
  /** The rooms in the windows that can have data. */
  rooms: readonly ExtensionRoom[]
  /** The position of the first event in the timeline of each room that is sent. */
  starts: ReadonlyMap<RoomId, number>
  receiptNews: ReceiptNews
  /** The rooms where the typing users changed since the previous response. */
  typed: ReadonlySet<RoomId>
  /** What changed after `since`. */
  accountData: AccountData
}

export type ExtensionResult = {
  part: JsonObject
  /** Ends the wait of a long poll. */
  hasNews: boolean
}

/** One extension. undefined: the client does not ask for it. */
export type Extension = (context: ExtensionContext) => Promise<ExtensionResult | undefined>

/** In `pos`: the extensions with data that the client gets only once on a connection. */
export const LETTERS = { accountData: 'a', receipts: 'r', typing: 't', threadSubscriptions: 's' } as const

export function lettersOf(requests: ExtensionRequests): string {
  return Object.entries(LETTERS)
    .filter(([name]) => requests[name as keyof typeof LETTERS] !== undefined)
    .map(([, letter]) => letter)
    .join('')
}

/** The rooms for which an extension returns data. */
export function roomsInScope({ lists, rooms }: RoomScope, all: readonly ExtensionRoom[]): ExtensionRoom[] {
  return all.filter(({ room, config }) => {
    const isListed = lists ? config.lists.some((name) => lists.has(name)) : config.lists.length > 0
    return isListed || (config.isSubscribed && (rooms?.has(room.roomId) ?? true))
  })
}

/**
 * Rooms by the position up to which the client has their data: undefined for a room of which it has none.
 * @param isKnown the previous response had data of the extension
 */
export function roomsByPosition(
  rooms: readonly ExtensionRoom[],
  isKnown: boolean,
): Map<number | undefined, ExtensionRoom[]> {
  return Map.groupBy(rooms, ({ after }) => (isKnown ? after : undefined))
}
