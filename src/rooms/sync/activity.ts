import type { Bus } from '../../cluster/bus.ts'
import type { Clock } from '../../lib/clock.ts'
import type { DeviceId, Random, UserId } from '../../lib/ids.ts'

// Tracks the active devices. A device is active while it waits in /sync and for a short time after, because
// clients return at once. Kept in memory only; a server that has just started knows no active device.

/** A device that does not return within this time is no longer active. */
export const ACTIVE_FOR_MS = 15_000
/**
 * The record of a device in other processes is renewed when its remaining time is this much shorter than it
 * could be.
 */
const PUBLISH_AGAIN_AFTER_MS = 5000

export type ActiveDevice = { userId: UserId; deviceId: DeviceId }

export type ActivityQuery = {
  userId: UserId
  /** The device to leave out; null: none. */
  except: DeviceId | null
  /** Whether the user was active at the last check, which another, ended process may have made. */
  wasActive: boolean
}

export type Activity = Disposable & {
  /**
   * Call it when a device starts a sync that waits for `timeoutMs` at most. Dispose of the result at the end
   * of the sync.
   */
  startPoll(device: ActiveDevice, timeoutMs: number): Disposable
  /**
   * Until when the user is active on a device, as far as is known now; undefined: on none. Milliseconds since
   * the Unix epoch.
   *
   * Directly after a start it is unknown which devices will return. A user who was active before counts as
   * active for as long as a device may stay away.
   */
  activeUntil(query: ActivityQuery): number | undefined
  /** Whether this device is active, as far as is known now. */
  isActive: (device: ActiveDevice) => boolean
}

type State = { polls: number; until: number; publishedUntil: number }

/** A message from one process to the others. `from`: the sending process. */
type Message = ActiveDevice & { from: string; until: number }

export function createActivity({ bus, clock, random }: { bus: Bus; clock: Clock; random: Random }): Activity {
  const startedAt = clock.now()
  const self = random.token(12)
  const devices = createDevices(clock)

  /** A device that syncs with another process is active there, and delivery may run here. */
  function publishActivity(device: ActiveDevice, state: State, until: number): void {
    if (until - state.publishedUntil < PUBLISH_AGAIN_AFTER_MS) return
    state.publishedUntil = until
    bus.publish('activity', { ...device, from: self, until } satisfies Message)
  }

  function receive({ from, userId, deviceId, until }: Message): void {
    if (from === self) return
    const state = devices.stateOf({ userId, deviceId })
    state.until = Math.max(state.until, until)
    if (state.polls === 0) devices.markIdle({ userId, deviceId })
  }

  const unsubscribe = bus.subscribe(['activity'], (message) => {
    // What was lost is repeated with the next sync of the device.
    if (message !== undefined) receive(message as Message)
  })

  return {
    startPoll({ userId, deviceId }, timeoutMs) {
      const device = { userId, deviceId }
      const state = devices.stateOf(device)
      state.polls++
      devices.markPolling(device)
      publishActivity(device, state, clock.now() + timeoutMs + ACTIVE_FOR_MS)
      return new ActivePoll(devices, device, state)
    },
    activeUntil({ userId, except, wasActive }) {
      const now = clock.now()
      const times = devices
        .of(userId)
        .filter(([deviceId]) => deviceId !== except)
        .map(([, { polls, until }]) => (polls > 0 ? now + ACTIVE_FOR_MS : until))
      if (wasActive) times.push(startedAt + ACTIVE_FOR_MS)
      const last = Math.max(0, ...times)
      return last > now ? last : undefined
    },
    isActive({ userId, deviceId }) {
      const state = devices.find(userId, deviceId)
      return state !== undefined && (state.polls > 0 || state.until > clock.now())
    },
    [Symbol.dispose]: unsubscribe,
  }
}

/** A class, because thousands of polls wait, and closures take more memory than fields. */
class ActivePoll implements Disposable {
  readonly #devices: Devices
  readonly #device: ActiveDevice
  readonly #state: State

  constructor(devices: Devices, device: ActiveDevice, state: State) {
    this.#devices = devices
    this.#device = device
    this.#state = state
  }

  [Symbol.dispose](): void {
    this.#state.polls--
    this.#devices.stay(this.#state)
    if (this.#state.polls === 0) this.#devices.markIdle(this.#device)
  }
}

type Devices = ReturnType<typeof createDevices>

/** The devices known as active. Expired ones are removed whenever another device ends its sync. */
function createDevices(clock: Clock) {
  const users = new Map<UserId, Map<DeviceId, State>>()
  /** The devices without a sync here, by user and device, roughly in the order of their expiry. */
  const idle = new Map<string, ActiveDevice>()
  const key = ({ userId, deviceId }: ActiveDevice) => `${userId} ${deviceId}`
  return {
    of: (userId: UserId) => [...(users.get(userId) ?? [])],
    find: (userId: UserId, deviceId: DeviceId) => users.get(userId)?.get(deviceId),
    stateOf({ userId, deviceId }: ActiveDevice): State {
      let devices = users.get(userId)
      if (!devices) users.set(userId, (devices = new Map()))
      let state = devices.get(deviceId)
      if (!state) devices.set(deviceId, (state = { polls: 0, until: 0, publishedUntil: 0 }))
      return state
    },
    /** A device whose sync ends is active for some more time. */
    stay(state: State): void {
      state.until = clock.now() + ACTIVE_FOR_MS
    },
    markPolling(device: ActiveDevice): void {
      idle.delete(key(device))
    },
    markIdle(device: ActiveDevice): void {
      idle.delete(key(device))
      idle.set(key(device), device)
      for (const [name, { userId, deviceId }] of idle) {
        const devices = users.get(userId)
        if ((devices?.get(deviceId)?.until ?? 0) > clock.now()) return
        idle.delete(name)
        devices?.delete(deviceId)
        if (devices?.size === 0) users.delete(userId)
      }
    },
  }
}
