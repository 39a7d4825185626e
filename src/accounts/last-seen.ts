import { BoundedMap } from '../lib/bounded-map.ts'
import type { Clock } from '../lib/clock.ts'
import type { DeviceId, UserId } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Database } from '../storage/database.ts'
import { type DeviceSeen, touchDevices } from './devices-store.ts'

/** Records when and from which address devices are used, for the list of devices. */
export interface LastSeen extends AsyncDisposable {
  /** Called for every request; costs one map lookup. */
  seen(device: { userId: UserId; deviceId: DeviceId }, address: string): void
}

const WRITE_EVERY_MS = 60_000
/** Above this number the device written longest ago is evicted, and its next request writes again. */
const DEVICES_REMEMBERED = 20_000

/**
 * States of the writer: idle → (a device not written for a minute) writing → idle, or writing the entries that
 * arrived in the meantime. All collected entries are written with one statement.
 */
export function createLastSeen(deps: { db: Database; clock: Clock; log: Log }): LastSeen {
  const noted = new BoundedMap<string, number>({ limit: DEVICES_REMEMBERED })
  let pending = new Map<string, DeviceSeen>()
  let writing: Promise<void> | undefined

  async function write(): Promise<void> {
    while (pending.size > 0) {
      const seen = [...pending.values()]
      pending = new Map()
      try {
        await deps.db.transaction((tx) => tx.run(touchDevices, { seen }), {
          durably: false,
          repeatable: true,
        })
      } catch (error) {
        deps.log.warn({ err: error }, 'could not write when devices were last seen')
      }
    }
    writing = undefined
  }

  return {
    seen({ userId, deviceId }, address) {
      const key = `${userId} ${deviceId}`
      const now = deps.clock.now()
      if (now - (noted.peek(key) ?? -Infinity) < WRITE_EVERY_MS) return
      noted.set(key, now)
      pending.set(key, { user_id: userId, device_id: deviceId, address, at: now })
      writing ??= write()
    },
    async [Symbol.asyncDispose]() {
      await writing
    },
  }
}
