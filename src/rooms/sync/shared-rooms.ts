import { BoundedMap } from '../../lib/bounded-map.ts'
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
  /**
   * The news of each plan: from the cache for the same position, filter and kind of state, or else from
   * `read`, which is called once for all missing plans.
   */
  news(of: SharedRequest, read: ReadNews): Promise<RoomNews[]>
}

type SharedRequest = {
  plans: readonly RoomPlan[]
  filter: SyncFilter
  /** The state is that at the end of the timeline, not at its start. */
  stateAfter: boolean
}
/** `news`: the result of `reading` when it is there. */
type Entry = { reading: Promise<RoomNews>; news: RoomNews | undefined }
type ReadNews = (plans: readonly RoomPlan[]) => Promise<RoomNews[]>

/** The maximum number of entries, and of events in each: 20 MiB if all have the maximum size. */
const MAX_ENTRIES = 16
const MAX_EVENTS = 20

/**
 * Caches the last reads, in memory only: when a message wakes two thousand members, the room is read once.
 * Everything read here has a position in the stream, so an entry for a position stays valid until there is a
 * later one. An entry must not depend on the viewer: not on ignored users, transaction ids or history
 * visibility.
 */
export function createSharedRooms(): SharedRooms {
  const cache = new BoundedMap<string, Entry>({ limit: MAX_ENTRIES })

  async function readAndCache(request: SharedRequest, read: ReadNews): Promise<RoomNews[]> {
    const reading = read(request.plans)
    for (const [at, plan] of request.plans.entries()) {
      const key = keyOf(plan, request)
      const entry: Entry = { reading: reading.then((all) => all[at] as RoomNews), news: undefined }
      cache.set(key, entry)
      entry.reading.then(
        (news) => {
          entry.news = news
          if (news.timeline.events.length + news.state.length > MAX_EVENTS) cache.delete(key)
        },
        () => cache.delete(key),
      )
    }
    return reading
  }

  return {
    async news(request, read) {
      const { plans } = request
      const found = plans.map((plan) => cache.get(keyOf(plan, request)))
      const ready = found.map((entry) => entry?.news)
      if (ready.every((news) => news !== undefined)) return ready
      const missing = plans.filter((_, at) => found[at] === undefined)
      // No await before the entries are in the cache: otherwise parallel readers would read the rooms too.
      const reading = missing.length === 0 ? [] : readAndCache({ ...request, plans: missing }, read)
      const [others, ...cached] = await Promise.all([
        reading,
        ...found.map((entry) => entry?.reading.catch(() => undefined)),
      ])
      const news = new Map(missing.map((plan, at) => [plan, others[at] as RoomNews]))
      for (const [at, plan] of plans.entries()) {
        const entry = cached[at]
        if (entry) news.set(plan, entry)
      }
      // The read of another response failed.
      const failed = plans.filter((plan) => !news.has(plan))
      const again = failed.length === 0 ? [] : await readAndCache({ ...request, plans: failed }, read)
      for (const [at, plan] of failed.entries()) news.set(plan, again[at] as RoomNews)
      return plans.map((plan) => news.get(plan) as RoomNews)
    },
  }
}

/** Whether the response for the room is the same for all members with the same filter. */
export function isShared({ state, membershipChanged }: RoomPlan): boolean {
  return state === 'changes' && !membershipChanged
}

function keyOf({ roomId, after, upTo }: RoomPlan, { filter, stateAfter }: SharedRequest) {
  return `${roomId} ${after} ${upTo} ${stateAfter} ${filterKey(filter)}`
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
