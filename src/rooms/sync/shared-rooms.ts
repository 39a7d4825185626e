import { BoundedMap } from '../../lib/bounded-map.ts'
import type { RoomId } from '../../lib/ids.ts'
import type { Event } from '../../lib/matrix-event.ts'
import type { SyncFilter } from './filter.ts'
import type { RoomPlan } from './plan.ts'
import type { SyncTimeline } from './room-timeline.ts'

/** The news of a room for a member who was in it all the time. Shared between members: never modify it. */
export type RoomNews = {
  timeline: SyncTimeline
  state: readonly Event[]
  /** The calculated name of the room may have changed. */
  summaryChanged: boolean
}

export type SharedRooms = {
  /** The cached news for the same position and the same filter, or else the result of `read`. */
  news(of: { plan: RoomPlan; filter: SyncFilter }, read: () => Promise<RoomNews>): Promise<RoomNews>
}

/** The maximum number of entries, and of events in each: 20 MiB if all have the maximum size. */
const MAX_ENTRIES = 16
const MAX_EVENTS = 20

/**
 * Caches the last reads, in memory only: when a message wakes two thousand members, the room is read once. Everything read here
 * has a position in the stream, so an entry for a position stays valid until there is a later one. An entry must not depend
 * on the viewer: not on ignored users, transaction ids or history visibility.
 */
export function createSharedRooms(): SharedRooms {
  const cache = new BoundedMap<string, Promise<RoomNews>>({ limit: MAX_ENTRIES })

  async function readAndCache(key: string, read: () => Promise<RoomNews>): Promise<RoomNews> {
    const reading = read()
    cache.set(key, reading)
    try {
      const news = await reading
      if (news.timeline.events.length + news.state.length > MAX_EVENTS) cache.delete(key)
      return news
    } catch (error) {
      cache.delete(key)
      throw error
    }
  }

  return {
    async news({ plan, filter }, read) {
      const key = keyOf(plan, filter)
      const found = cache.get(key)
      // No await before the entry is in the cache: otherwise parallel readers would read the room too.
      if (found === undefined) return readAndCache(key, read)
      return (await found.catch(() => undefined)) ?? readAndCache(key, read)
    },
  }
}

/** Whether the response for the room is the same for all members with the same filter. */
export function isShared({ state, membershipChanged }: RoomPlan): boolean {
  return state === 'changes' && !membershipChanged
}

function keyOf({ roomId, after, upTo }: { roomId: RoomId; after: number; upTo: number }, filter: SyncFilter) {
  return `${roomId} ${after} ${upTo} ${filterKey(filter)}`
}

const filterKeys = new WeakMap<SyncFilter, string>()

function filterKey(filter: SyncFilter): string {
  let key = filterKeys.get(filter)
  if (key === undefined) {
    key = JSON.stringify([filter.timeline, filter.state], (_, value: unknown) =>
      value instanceof Set ? [...value] : value,
    )
    filterKeys.set(filter, key)
  }
  return key
}
