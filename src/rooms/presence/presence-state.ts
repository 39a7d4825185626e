import type { DeviceId } from '../../lib/ids.ts'

// The presence of a user, from the presence of the devices (client-server API, "Presence"). Times are
// milliseconds since the Unix epoch.

export type PresenceState = 'online' | 'unavailable' | 'offline'

/** A user without activity for this long is not `currently_active`. */
export const ACTIVE_FOR_MS = 120_000
/** An online user without activity for this long becomes unavailable ("Idle timeout"). */
export const IDLE_AFTER_MS = 300_000
/**
 * A device without a sync for this long is disconnected. Its time is extended once a minute, so it can take a
 * minute longer.
 */
export const GRACE_MS = 30_000
export const RENEW_MS = 60_000

/** A device that counts as connected until a time. */
export type PresentDevice = {
  deviceId: DeviceId
  state: PresenceState
  /** `set_presence` of the last sync; null: no sync since the device set its presence. */
  polled: PresenceState | null
  connectedUntil: number
}

/** The facts from which the presence of a user follows. */
export type PresenceFacts = {
  devices: readonly PresentDevice[]
  lastActiveAt: number | null
  statusMessage: string | null
}

/** What happened to a device. `sync`: it syncs, and counts as connected until a time. */
export type PresenceChange = { deviceId: DeviceId } & (
  | { kind: 'sync'; state: PresenceState; connectedUntil: number }
  | { kind: 'activity' }
  | { kind: 'set'; state: PresenceState; statusMessage: string | null }
)

export type UserPresence = {
  state: PresenceState
  /** `currently_active`. */
  isActive: boolean
  /** When this changes if nothing happens; null: never. */
  dueAt: number | null
}

/**
 * The presence of the user at a time: that of the device with the most presence, and unavailable instead of
 * online without activity.
 */
export function presenceAt({ devices, lastActiveAt }: PresenceFacts, now: number): UserPresence {
  const untilOf = (state: PresenceState) =>
    Math.max(0, ...devices.filter((device) => device.state === state).map((device) => device.connectedUntil))
  const onlineUntil = untilOf('online')
  const connectedUntil = Math.max(onlineUntil, untilOf('unavailable'))
  if (connectedUntil <= now) return { state: 'offline', isActive: false, dueAt: null }
  const activeUntil = (lastActiveAt ?? 0) + ACTIVE_FOR_MS
  const idleFrom = (lastActiveAt ?? 0) + IDLE_AFTER_MS
  if (onlineUntil <= now || idleFrom <= now)
    return { state: 'unavailable', isActive: false, dueAt: connectedUntil }
  const isActive = activeUntil > now
  return { state: 'online', isActive, dueAt: Math.min(onlineUntil, isActive ? activeUntil : idleFrom) }
}

/** The facts after a change. Devices whose time is over are removed. */
export function afterChange(facts: PresenceFacts, change: PresenceChange, now: number): PresenceFacts {
  const connected = facts.devices.filter((device) => device.connectedUntil > now)
  const others = connected.filter((device) => device.deviceId !== change.deviceId)
  const known = connected.find((device) => device.deviceId === change.deviceId)
  switch (change.kind) {
    case 'sync': {
      const device = afterSync(known, change)
      const isNew = device.state === 'online' && known?.state !== 'online'
      return { ...facts, devices: [...others, device], lastActiveAt: isNew ? now : facts.lastActiveAt }
    }
    case 'activity':
      return afterActivity({ ...facts, devices: connected }, change.deviceId, now)
    case 'set': {
      const { deviceId, state, statusMessage } = change
      const connectedUntil = Math.max(known?.connectedUntil ?? 0, now + GRACE_MS + RENEW_MS)
      const device = { deviceId, state, polled: known?.polled ?? null, connectedUntil }
      const lastActiveAt = state === 'online' ? now : facts.lastActiveAt
      return { devices: [...others, device], lastActiveAt, statusMessage }
    }
  }
}

/**
 * A sync changes the state of a device when the device connects, or when its `set_presence` differs from that
 * of its last sync. Otherwise the state that the device has set stays: most clients always sync with
 * `online`.
 */
function afterSync(
  known: PresentDevice | undefined,
  { deviceId, state, connectedUntil }: PresenceChange & { kind: 'sync' },
): PresentDevice {
  const isKept = known !== undefined && (known.polled === null || known.polled === state)
  return {
    deviceId,
    state: isKept ? known.state : state,
    polled: state,
    connectedUntil: Math.max(known?.connectedUntil ?? 0, connectedUntil),
  }
}

/**
 * Activity makes an unavailable device online. A user who has set all devices to offline stays offline, and
 * shows no activity.
 */
function afterActivity(facts: PresenceFacts, deviceId: DeviceId, now: number): PresenceFacts {
  const { devices } = facts
  if (devices.length > 0 && devices.every((device) => device.state === 'offline')) return facts
  const activated = devices.map((device) =>
    device.deviceId === deviceId && device.state === 'unavailable'
      ? { ...device, state: 'online' as const }
      : device,
  )
  return { ...facts, devices: activated, lastActiveAt: now }
}
