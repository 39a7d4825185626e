import type { Viewer } from '../lib/matrix-event.ts'
import type { SyncKeys, SyncSection } from '../rooms/sync/section.ts'
import type { Queries } from '../storage/query.ts'
import { deviceListsSince } from './device-lists.ts'
import { heldKeys } from './one-time-keys-store.ts'
import { withUsualAlgorithm } from './upload-keys.ts'

type HeldKeys = Pick<SyncKeys, 'device_one_time_keys_count' | 'device_unused_fallback_key_types'>

/**
 * `device_lists`, `device_one_time_keys_count` and `device_unused_fallback_key_types` (client-server API, "Extensions to /sync" of end-to-end
 * encryption). Every response has the counts, because clients take a missing count for 0 keys, or never add keys. A count that
 * changed does not end the wait: a claimed key is followed by a to-device message.
 */
export function encryptionSection(): SyncSection {
  return {
    standingKeys: countsOf,
    async news({ read, viewer, since, now }) {
      const held = await countsOf(read, viewer)
      // An initial sync has no device lists: the client asks for the keys of all users that it needs.
      if (!since || since.position >= now.position) return { keys: held, hasNews: false }
      const { userId } = viewer
      const lists = await deviceListsSince(read, { userId, since: since.position, position: now.position })
      return {
        keys: { ...held, device_lists: lists },
        hasNews: lists.changed.length > 0 || lists.left.length > 0,
      }
    },
  }
}

async function countsOf(read: Queries, { userId, deviceId }: Viewer): Promise<Partial<HeldKeys>> {
  if (deviceId === null) return {}
  const rows = await read.all(heldKeys, { userId, deviceId })
  return {
    device_one_time_keys_count: withUsualAlgorithm(rows.filter((row) => row.kind === 'one-time')),
    device_unused_fallback_key_types: rows
      .filter((row) => row.kind === 'fallback')
      .map((row) => row.algorithm),
  }
}
