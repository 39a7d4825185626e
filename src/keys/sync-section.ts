import type { HeldKey } from '../accounts/viewer.ts'
import type { SyncKeys, SyncSection } from '../rooms/sync/section.ts'
import { coversUpTo } from '../storage/stream-point.ts'
import { deviceListsSince } from './device-lists.ts'
import { heldKeys } from './one-time-keys-store.ts'
import { withUsualAlgorithm } from './upload-keys.ts'

type HeldKeyCounts = Pick<SyncKeys, 'device_one_time_keys_count' | 'device_unused_fallback_key_types'>

/**
 * `device_lists`, `device_one_time_keys_count` and `device_unused_fallback_key_types` (client-server API,
 * "Extensions to /sync" of end-to-end encryption). Every response has the counts, because clients take a
 * missing count for 0 keys, or never add keys. A count that changed does not end the wait: a claimed key is
 * followed by a to-device message.
 */
export function encryptionSection(): SyncSection {
  return {
    async standingKeys(read, { userId, deviceId }) {
      return deviceId === null ? {} : countsOf(await read.all(heldKeys, { userId, deviceId }))
    },
    async news({ read, viewer, since, now, heldKeys: held, listsPosition }) {
      const { userId, deviceId } = viewer
      const counts = deviceId === null ? {} : countsOf(held)
      // An initial sync has no device lists: the client asks for the keys of all users that it needs.
      if (!since || coversUpTo(since.position, listsPosition)) return { keys: counts, hasNews: false }
      const lists = await deviceListsSince(read, { userId, since: since.position, position: now.position })
      return {
        keys: { ...counts, device_lists: lists },
        hasNews: lists.changed.length > 0 || lists.left.length > 0,
      }
    },
  }
}

const countsOf = (held: readonly HeldKey[]): HeldKeyCounts => ({
  device_one_time_keys_count: withUsualAlgorithm(held.filter((key) => key.kind === 'one-time')),
  device_unused_fallback_key_types: held.filter((key) => key.kind === 'fallback').map((key) => key.algorithm),
})
