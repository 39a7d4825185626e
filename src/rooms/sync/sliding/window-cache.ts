import type { RoomId } from '../../../lib/ids.ts'
import type { ConnectionState } from './connection-state.ts'
import type { CombinedConfig, Windows } from './windows.ts'

/**
 * Makes one event in a list of thousands of rooms cost the work for its room. In memory only, and without any effect on responses: the keys are
 * objects that stay the same while nothing relevant changes.
 */
export type WindowCache = {
  /** The windows of a request for a list of rooms with a shape. */
  find(of: WindowKey): Windows | undefined
  keep(of: WindowKey, windows: Windows): void
  /** Whether the client had everything of all rooms in the windows when it got this state. */
  isSettled(state: ConnectionState, windows: Windows): boolean
  settle(state: ConnectionState, windows: Windows): void
}

/** `asked`: a hash of lists and subscriptions. */
export type WindowKey = { shape: object | undefined; asked: string }

/** The maximum number of requests whose windows are kept for one list of rooms: those of an app and its other connections. */
const REQUESTS = 4

export function createWindowCache(): WindowCache {
  const known = new WeakMap<object, Map<string, Windows>>()
  const settled = new WeakMap<ConnectionState, ReadonlyMap<RoomId, CombinedConfig>>()
  return {
    find: ({ shape, asked }) => shape && known.get(shape)?.get(asked),
    keep({ shape, asked }, windows) {
      if (!shape || !windows.isWhole) return
      const all = known.get(shape) ?? new Map<string, Windows>()
      if (all.size >= REQUESTS) all.clear()
      known.set(shape, all.set(asked, windows))
    },
    isSettled: (state, windows) => settled.get(state) === windows.configs,
    settle(state, windows) {
      settled.set(state, windows.configs)
    },
  }
}
