import type { RoomId } from '../../../lib/ids.ts'
import type { ConnectionState } from './connection-state.ts'
import type { CombinedConfig, PlacedWindows, Windows } from './windows.ts'

/**
 * Makes one event in a list of thousands of rooms cost the work for its room. In memory only, and without any
 * effect on responses: the keys are objects that stay the same while nothing relevant changes.
 */
export type WindowCache = {
  /** The windows of a request for a list of rooms. */
  find(of: WindowKey): Windows | undefined
  /** The same for the last order of the rooms. */
  findInOtherOrder(of: WindowKey): PlacedWindows | undefined
  keep(of: WindowKey, found: PlacedWindows): void
  /** Whether the client had everything of all rooms in the windows when it got this state. */
  isSettled(state: ConnectionState, windows: Windows): boolean
  settle(state: ConnectionState, windows: Windows): void
}

/**
 * `shape`: the same as long as the list has the same rooms; `rooms`: as long as they also have the same
 * order. `asked`: a hash of what the request asks for: lists, subscriptions and extensions.
 */
export type WindowKey = { shape: object | undefined; rooms: object; asked: string }

/**
 * The maximum number of requests whose windows are kept for one list of rooms: those of an app and its other
 * connections.
 */
const REQUESTS = 4

export function createWindowCache(): WindowCache {
  /** By the shape, or by the rooms if the windows depend on their order. */
  const known = new WeakMap<object, Map<string, Windows>>()
  /** By the shape, for any order. */
  const latest = new WeakMap<object, Map<string, PlacedWindows>>()
  const settled = new WeakMap<ConnectionState, ReadonlyMap<RoomId, CombinedConfig>>()
  return {
    find: ({ shape, rooms, asked }) =>
      shape && (known.get(shape)?.get(asked) ?? known.get(rooms)?.get(asked)),
    findInOtherOrder: ({ shape, asked }) => shape && latest.get(shape)?.get(asked),
    keep({ shape, rooms, asked }, found) {
      if (!shape) return
      const { windows } = found
      keepIn(known, { owner: windows.isWhole ? shape : rooms, asked }, windows)
      if (!windows.isWhole) keepIn(latest, { owner: shape, asked }, found)
    },
    isSettled: (state, windows) => settled.get(state) === windows.configs,
    settle(state, windows) {
      settled.set(state, windows.configs)
    },
  }
}

function keepIn<Found>(
  cache: WeakMap<object, Map<string, Found>>,
  { owner, asked }: { owner: object; asked: string },
  found: Found,
): void {
  const all = cache.get(owner) ?? new Map<string, Found>()
  if (all.size >= REQUESTS && !all.has(asked)) all.clear()
  cache.set(owner, all.set(asked, found))
}
