import type { ViewerFacts } from '../../accounts/viewer.ts'
import type { DeviceMessage } from '../../accounts/to-device/waiting.ts'
import type { UserId } from '../../lib/ids.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Viewer } from '../../lib/matrix-event.ts'
import type { Queries } from '../../storage/query.ts'
import type { AccountData } from './extras.ts'
import type { SyncFilter } from './filter.ts'
import { noRooms, type Rooms } from './read-rooms.ts'
import type { StateForm } from './room-news.ts'
import type { SyncToken, TokenParts } from './token.ts'

/** The keys of a response besides `next_batch` (client-server API, `GET /sync`). A new section adds its keys here. */
export type SyncKeys = {
  rooms: Rooms
  account_data: { events: JsonObject[] }
  presence: { events: JsonObject[] }
  to_device: { events: DeviceMessage[] }
  device_lists: { changed: UserId[]; left: UserId[] }
  device_one_time_keys_count: Record<string, number>
  device_unused_fallback_key_types: string[]
}

/** Every key is present even when no section fills it, because clients read them without a check. */
export function emptyKeys(): SyncKeys {
  return {
    rooms: noRooms(),
    account_data: { events: [] },
    presence: { events: [] },
    to_device: { events: [] },
    device_lists: { changed: [], left: [] },
    device_one_time_keys_count: {},
    device_unused_fallback_key_types: [],
  }
}

/** Read once for a response, because several sections need them. */
export type SectionFacts = Omit<ViewerFacts, 'position' | 'hasSession' | 'isLocked' | 'accountData'>

/** The request for the news of a section. All sections of a response read the same snapshot. */
export type SectionRequest = SectionFacts & {
  read: Queries
  viewer: Viewer
  /** Without the events of ignored users. */
  filter: SyncFilter
  /** The client has everything up to this point; undefined: an initial sync. */
  since: SyncToken | undefined
  /** The point of the response. */
  now: SyncToken
  fullState: boolean
  stateForm: StateForm
  /** What changed after `since`. */
  accountData: AccountData
}

export type SectionNews = {
  /** The keys that the section fills. Sections fill different keys. */
  keys: Partial<SyncKeys>
  /** Ends the wait of a long poll. */
  hasNews: boolean
  /** Parts of the token that follow from the news. */
  parts?: TokenParts
}

/**
 * A part of the response that one subject fills. It knows no other section, so another form of sync can use
 * it as well.
 */
export type SyncSection = {
  /** The section's parts of the token at this moment. Each sync calls it, so it reads from memory only. */
  tokenParts?(): TokenParts
  /**
   * Called once for a request with a token, before anything is read: the client has received the response
   * with this token.
   */
  received?(viewer: Viewer, since: SyncToken): Promise<void>
  news(request: SectionRequest): Promise<SectionNews>
  /**
   * The only keys of a response without news besides the empty ones: `news` was not called, because neither
   * the position nor a part of the token changed, or no section had any.
   */
  standingKeys?(read: Queries, viewer: Viewer): Promise<Partial<SyncKeys>>
}
