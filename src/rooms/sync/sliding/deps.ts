import type { Deferred } from '../../../lib/deferred.ts'
import type { RoomId } from '../../../lib/ids.ts'
import type { JsonObject } from '../../../lib/json.ts'
import type { Typing } from '../../typing.ts'
import type { SharedRooms } from '../shared-rooms.ts'
import type { SyncDeps } from '../sync.ts'
import type { SyncToken } from '../token.ts'
import type { ConnectionState } from './connection-state.ts'
import type { StoredConnections } from './connections.ts'
import type { Extension, ExtensionPart } from './extension.ts'
import type { KnownExtensions } from './known-extensions.ts'
import type { NewRooms } from './new-rooms.ts'
import type { RoomLists } from './room-lists.ts'
import type { StreamNewsCache } from './stream-news.ts'
import type { WindowCache } from './window-cache.ts'

export type SlidingDeps = Omit<SyncDeps, 'sections'> & {
  sharedRooms: SharedRooms
  typing: Typing
  connections: StoredConnections
  streamNews: StreamNewsCache
  roomLists: RoomLists
  newRooms: NewRooms
  windowCache: WindowCache
  /** By their keys in the response. */
  extensions: Readonly<Record<string, Extension>>
  /** The parts of a token at this moment, from memory. */
  tokenParts: () => Omit<SyncToken, 'position'>
  /** The maximum size of a room's timeline, in bytes of events. */
  pageBytes: number
  /** The maximum number of rooms of a connection. */
  maxRooms: number
}

/** The response. Deferred rooms are read when they are written. */
export type SlidingBody = {
  pos: string
  lists: Record<string, { count: number }>
  rooms: Record<RoomId, JsonObject | Deferred>
  extensions: Record<string, ExtensionPart>
  txn_id?: string
}

/** Where a response continues. */
export type Start = {
  /** undefined: a new connection. */
  since: SyncToken | undefined
  state: ConnectionState
  /** A hash of the lists, the subscriptions and the scopes of the extensions of the request. */
  asked: string
  /** The extensions that had data before. */
  extensions: KnownExtensions
}
