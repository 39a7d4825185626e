import { encryptionSection } from '../keys/sync-section.ts'
import type { Metrics } from '../lib/metrics.ts'
import { createActivity } from '../rooms/sync/activity.ts'
import { createDevicePresence, type DevicePresence } from '../rooms/presence/device-presence.ts'
import { presenceSection } from '../rooms/presence/presence-section.ts'
import { syncSections } from '../rooms/sync/sections.ts'
import { slidingDeps } from '../rooms/sync/sliding/wiring.ts'
import { createSharedRooms } from '../rooms/sync/shared-rooms.ts'
import { createWakes, type Wakes } from '../rooms/sync/wake-queue.ts'
import { createTyping } from '../rooms/typing.ts'
import { createArrivals } from '../trace/arrival/wiring.ts'
import type { StageInputs } from './inputs.ts'

/** What waits in `/sync`, and what that tells of who is active. */
export function createReading({ db, bus, clock, random, log, metrics, config, ruleSettings }: StageInputs) {
  const typing = createTyping({ clock, bus, random })
  const activity = createActivity({ bus, clock, random })
  const fetches = createArrivals({ db, clock, log, metrics, config, isActive: activity.isActive })
  const devicePresence = config.presence.enabled
    ? createDevicePresence({ db, bus, clock, random, log })
    : undefined
  const pageBytes = config.limits.page_bytes
  const wakes = createWakes(db)
  watchWaiting(metrics, { wakes, devicePresence })
  const shared = {
    db,
    bus,
    clock,
    random,
    typing,
    wakes,
    activity,
    fetches,
    devicePresence,
    sharedRooms: createSharedRooms(),
    maxTimeoutMs: config.limits.sync_timeout_max_ms,
    pageBytes,
    ...ruleSettings,
  }
  const encryption = encryptionSection()
  const presence = devicePresence === undefined ? [] : [presenceSection({ clock })]
  const sync = { ...shared, sections: [...syncSections(shared), encryption, ...presence] }
  const { sliding_connections: maxConnections, sliding_rooms: maxRooms } = config.quotas
  const slidingSync = slidingDeps({ ...shared, maxConnections, maxRooms }, encryption)
  return { typing, activity, fetches, devicePresence, sync, slidingSync }
}

function watchWaiting(
  metrics: Metrics,
  { wakes, devicePresence }: { wakes: Wakes; devicePresence: DevicePresence | undefined },
): void {
  const gauge = metrics.gauge(
    'belfry_sync_waiting',
    'Requests of /sync and of sliding sync that have no news and wait',
  )
  Object.assign(gauge, { collect: () => gauge.set(wakes.asleep) })
  const changes = metrics.gauge('belfry_presence_waiting', 'Changes of presence that are not written yet')
  Object.assign(changes, { collect: () => changes.set(devicePresence?.pending ?? 0) })
}

export type Reading = ReturnType<typeof createReading>
