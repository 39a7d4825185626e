import { BoundedMap } from '../../../lib/bounded-map.ts'
import { sizeOf } from '../../../lib/json-size.ts'
import type { Event } from '../../../lib/matrix-event.ts'
import type { ListedRoom } from '../../room-summaries-store.ts'
import { EVENT_FRAME_BYTES } from '../../scan-timeline.ts'
import type { RoomHistory } from '../../visibility.ts'
import type { RoomNews } from '../shared-rooms.ts'
import { usersOfTimeline } from './timeline-users.ts'

/**
 * What a member gets of a room that is new on the connection, without member events that depend on the
 * member. Never modified.
 */
export type NewlyListedRoom = Pick<RoomNews, 'timeline' | 'state'> & {
  /** An estimate of its size in a response. */
  bytes: number
}

/** `reading`: the text of what a client wants (timeline limit and types of state). */
type NewlyListedRoomKey = { room: ListedRoom; reading: string }

export type NewRooms = {
  find(key: NewlyListedRoomKey): NewlyListedRoom | undefined
  /** Keeps what was read for one member of an open room (`isOpen`). */
  keep(key: NewlyListedRoomKey, news: Pick<RoomNews, 'timeline' | 'state'>): void
}

/** The size of all entries in sum, in bytes of events. Their objects take some times that. */
const MAX_BYTES = 4_194_304
/** What an entry takes beside its events. */
const ENTRY_BYTES = 512
/** A larger room is read each time. */
const MAX_ROOM_BYTES = 16_384

type Entry = NewlyListedRoom & { lastPosition: number }

/**
 * Caches, in memory only, what members get of rooms that are new on a connection, so the rooms of a client
 * that starts again, and of other members, are not read again. An entry is that after the last event of its
 * room, and a redaction is an event, so it is valid until the room has another one, whichever process writes
 * it.
 */
export function createNewRooms(): NewRooms {
  const cache = new BoundedMap<string, Entry>({ limit: MAX_BYTES, weightOf: ({ bytes }) => bytes })
  const nameOf = ({ room, reading }: NewlyListedRoomKey) => `${room.roomId} ${reading}`
  return {
    find(key) {
      const found = cache.get(nameOf(key))
      return found?.lastPosition === key.room.lastPosition ? found : undefined
    },
    keep(key, { timeline, state: all }) {
      const ofTimeline = usersOfTimeline(timeline.events)
      const state = all.filter(
        ({ type, stateKey }) => type !== 'm.room.member' || ofTimeline.has(stateKey ?? ''),
      )
      const bytes = ENTRY_BYTES + bytesOf(timeline.events) + bytesOf(state)
      if (bytes <= MAX_ROOM_BYTES)
        cache.set(nameOf(key), { timeline, state, bytes, lastPosition: key.room.lastPosition })
    },
  }
}

const bytesOf = (events: readonly Event[]) =>
  events.reduce((sum, { content }) => sum + EVENT_FRAME_BYTES + sizeOf(content), 0)

/** Whether each joined member may see all events of the room, also those from before. */
export const isOpen = ({ settings }: RoomHistory): boolean =>
  settings.every(({ visibility }) => visibility === 'shared' || visibility === 'world_readable')

/** The history of a member of an open room, as far as it decides what the member sees. */
export const openHistory = ({ memberPosition: position }: ListedRoom): RoomHistory => ({
  memberships: [{ position, membership: 'join' }],
  settings: [],
})
