import type { RoomId, UserId } from '../../../lib/ids.ts'
import type { Viewer } from '../../../lib/matrix-event.ts'
import { coversPoint, type StreamPoint } from '../../../storage/stream-point.ts'
import type { ListedRoom } from '../../room-summaries-store.ts'
import { extensionsAt } from './extension-scope.ts'
import type { RoomMap } from './room-map.ts'
import type { RoomConfig, SlidingRequest } from './request.ts'
import { type StateFilter, stateFilterText, stateFor } from './required-state.ts'
import { type FilterFacts, matchesFilters } from './list-filters.ts'

/** What all rules that match a room want of it together: the larger timeline, and the state that any of them wants. */
export type CombinedConfig = {
  limit: number
  filter: StateFilter
  /** The text of `filter`. */
  state: string
  /** The names of the lists that contain the room. */
  lists: readonly string[]
  /** The extensions in whose scope the room is, as bits (`ROOM_EXTENSIONS`). */
  extensions: number
}

export type Windows = {
  /** The number of rooms in each list, in and outside its ranges, as in a response. */
  counts: Record<string, { count: number }>
  /** What is wanted of the rooms in the ranges of lists, and of the subscribed rooms. */
  configs: ReadonlyMap<RoomId, CombinedConfig>
  /** Each list has all its rooms in its ranges, so the windows do not depend on the order of the rooms. */
  isWhole: boolean
}

type WindowRequest = Pick<SlidingRequest, 'lists' | 'subscriptions' | 'extensions'> & {
  viewer: Pick<Viewer, 'userId'>
}

/** `position`: the point of the rooms for which they were made. */
export type PlacedWindows = { windows: Windows; position: StreamPoint }

/**
 * `facts`: read only by filters that need them (`needsFacts`). `position`: the point of the rooms. `before`:
 * the windows of the same request for the same rooms in another order.
 */
type WindowFacts = { facts: FilterFacts; position: StreamPoint; before?: PlacedWindows | undefined }

/**
 * The rooms that match the lists and subscriptions of a request (MSC4186, "Lists and subscriptions").
 * @returns `before`, if the windows have the same rooms
 */
export function windowsOf(
  request: WindowRequest,
  rooms: Pick<RoomMap, 'get' | 'ordered' | 'size' | 'activeAfter'>,
  { facts, position, before }: WindowFacts,
): Windows {
  const { lists, subscriptions } = request
  if (before && coversPoint(position, before.position) && onlyMovesUp(request, before, rooms))
    return before.windows
  const counts: [string, { count: number }][] = []
  const names: Names = new Map()
  let isWhole = true
  for (const [name, { ranges, filters }] of lists) {
    const last = ranges ? Math.max(-1, ...ranges.map(([, to]) => to)) : Infinity
    // Without filters, only the rooms in the ranges are looked at.
    const matching = hasFilters(filters)
      ? [...rooms.ordered()].filter((room) => matchesFilters(filters, room, facts))
      : firstOf(rooms, last + 1)
    const count = hasFilters(filters) ? matching.length : rooms.size
    counts.push([name, { count }])
    isWhole &&= ranges === undefined || ranges.some(([from, to]) => from === 0 && to >= count - 1)
    const only = [name]
    for (const [from, to] of ranges ?? [[0, matching.length - 1] as const])
      for (const room of matching.slice(from, to + 1)) {
        const others = names.get(room)
        if (others === undefined) names.set(room, only)
        // Ranges of one list can overlap.
        else if (others.at(-1) !== name) names.set(room, [...others, name])
      }
  }
  if (before !== undefined && hasSameRooms(before.windows, names)) return before.windows
  const combine = createCombiner(request)
  const configs = new Map<RoomId, CombinedConfig>()
  for (const [{ roomId }, of] of names) configs.set(roomId, combine(of, roomId))
  if (subscriptions.size > 0)
    for (const roomId of subscriptions.keys())
      if (!configs.has(roomId) && rooms.get(roomId)) configs.set(roomId, combine([], roomId))
  return { counts: Object.fromEntries(counts), configs, isWhole }
}

/**
 * Whether all rooms with later events were in the first range of each list: they move up, and no room enters
 * or leaves a window.
 */
function onlyMovesUp(
  { lists }: WindowRequest,
  { windows, position }: PlacedWindows,
  rooms: Pick<RoomMap, 'activeAfter'>,
): boolean {
  for (const { ranges } of lists.values())
    if (ranges !== undefined && (ranges.length !== 1 || ranges[0]?.[0] !== 0)) return false
  for (const { roomId } of rooms.activeAfter(position))
    if (windows.configs.get(roomId)?.lists.length !== lists.size) return false
  return true
}

/** The lists that contain a room, in the order of the request. */
type Names = Map<ListedRoom, readonly string[]>

/** Whether each room is in the same lists. The subscribed rooms are the same. */
function hasSameRooms({ configs }: Windows, names: Names): boolean {
  for (const [{ roomId }, of] of names) {
    const lists = configs.get(roomId)?.lists
    if (lists?.length !== of.length || lists.some((name, at) => name !== of[at])) return false
  }
  let listed = 0
  for (const { lists } of configs.values()) listed += Number(lists.length > 0)
  return listed === names.size
}

function firstOf(rooms: Pick<RoomMap, 'ordered'>, count: number): ListedRoom[] {
  const first: ListedRoom[] = []
  for (const room of rooms.ordered()) {
    if (first.length >= count) break
    first.push(room)
  }
  return first
}

const hasFilters = (filters: object) => Object.values(filters).some((value) => value !== undefined)

/** Combines the configs of a room. Thousands of rooms have the same lists, so their combination is made once. */
function createCombiner({ lists, subscriptions, extensions, viewer }: WindowRequest) {
  const known = new Map<string, CombinedConfig>()
  const make = (names: readonly string[], subscribed: RoomId | undefined): CombinedConfig => {
    const subscription = subscribed && subscriptions.get(subscribed)
    const ofLists = names.flatMap((name) => lists.get(name) ?? [])
    return {
      ...combined(subscription ? [...ofLists, subscription] : ofLists, viewer.userId),
      lists: names,
      extensions: extensionsAt(extensions, { lists: names, subscribed }),
    }
  }
  return (names: readonly string[], roomId: RoomId): CombinedConfig => {
    if (subscriptions.has(roomId)) return make(names, roomId)
    // Nearly all rooms are in one list.
    const key = names.length === 1 ? (names[0] ?? '') : JSON.stringify(names)
    let config = known.get(key)
    if (!config) known.set(key, (config = make(names, undefined)))
    return config
  }
}

function combined(
  configs: readonly RoomConfig[],
  userId: UserId,
): Pick<CombinedConfig, 'limit' | 'filter' | 'state'> {
  const states = configs.map(({ requiredState }) => stateFor(requiredState, userId))
  const filters = new Map(states.map((state) => [stateFilterText([state]), state]))
  const filter = [...filters.keys()].sort().flatMap((text) => filters.get(text) ?? [])
  return {
    limit: Math.max(0, ...configs.map(({ timelineLimit }) => timelineLimit)),
    filter,
    state: stateFilterText(filter),
  }
}
