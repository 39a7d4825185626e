import { BoundedMap } from '../../lib/bounded-map.ts'
import type { RoomId } from '../../lib/ids.ts'
import type { Event } from '../../lib/matrix-event.ts'
import type { SyncFilter } from './filter.ts'
import type { RoomPlan } from './plan.ts'
import type { SyncTimeline } from './room-timeline.ts'

/** What is new in a room for a member who has been in it all the time. It is shared: never changed. */
export type RoomNews = {
  timeline: SyncTimeline
  state: readonly Event[]
  /** What the room is called by may be another one. */
  summaryChanged: boolean
}

export type SharedRooms = {
  /** What was read for another member at the same position with the same filter, or else what `read` resolves to. */
  news(of: { plan: RoomPlan; filter: SyncFilter }, read: () => Promise<RoomNews>): Promise<RoomNews>
}

/** So many are kept, of at most so many events: 20 MiB if all of them are as large as can be. */
const KEPT = 16
const MOST_EVENTS = 20

/**
 * Keeps what was read last, in memory alone: when a message wakes two thousand members, it is read once. Everything that it is read
 * from has a position in the stream, so what holds at a position holds for as long as there is no later one. What depends
 * on the viewer may not be in it: who they ignore, their transaction ids, what they may see of history.
 */
export function createSharedRooms(): SharedRooms {
  const kept = new BoundedMap<string, Promise<RoomNews>>({ limit: KEPT })

  async function readAndKeep(key: string, read: () => Promise<RoomNews>): Promise<RoomNews> {
    const reading = read()
    kept.set(key, reading)
    try {
      const news = await reading
      if (news.timeline.events.length + news.state.length > MOST_EVENTS) kept.delete(key)
      return news
    } catch (error) {
      kept.delete(key)
      throw error
    }
  }

  return {
    async news({ plan, filter }, read) {
      const key = keyOf(plan, filter)
      const found = kept.get(key)
      // No wait before it is known to be there: others who ask meanwhile would read it too.
      if (found === undefined) return readAndKeep(key, read)
      return (await found.catch(() => undefined)) ?? readAndKeep(key, read)
    },
  }
}

/** Is what is to be told of the room the same for all members with the same filter? */
export function isShared({ state, moved }: RoomPlan): boolean {
  return state === 'changes' && !moved
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
