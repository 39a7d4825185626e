import { BoundedMap } from '../../lib/bounded-map.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/ids.ts'
import type { Log } from '../../lib/log.ts'
import { createTokenBuckets } from '../../lib/token-buckets.ts'
import type { Bus } from '../../cluster/bus.ts'
import type { Database } from '../../storage/database.ts'
import {
  type ChangeOfUser,
  changePresenceOfMany,
  type PresenceDevice as Device,
  type PresenceMessage,
} from './change-presence.ts'
import { GRACE_MS, type PresenceState, RENEW_MS } from './presence-state.ts'

/** Collects what devices do, and writes it with few transactions. */
export type DevicePresence = AsyncDisposable & {
  /**
   * Call it when a device starts a sync that waits for `timeoutMs` at most. Costs one map lookup for most
   * syncs. `state`: its `set_presence`.
   */
  synced(device: Device, state: PresenceState, timeoutMs: number): void
  /** Call it when a user does something with a device. Costs one map lookup, except once a minute. */
  active(device: Device): void
  /** The number of changes that are not written yet. */
  readonly pending: number
}

/** Above this number the device written longest ago is evicted, and its next sync writes again. */
const MAX_DEVICES = 20_000
/** Time between two transactions. Each writes what devices did in this time. */
const WRITE_EVERY_MS = 1000
const MAX_WRITTEN = 500
/** Changes of `set_presence` that a user can make with syncs. Further ones are written later, with a later sync. */
const CHANGES = { perSecond: 1 / 5, burst: 10 }

/** What is stored of a device. `state`: `set_presence` of its last sync; null: not known. */
type Noted = { state: PresenceState | null; connectedUntil: number; activeAt: number }

type DevicePresenceDeps = { db: Database; bus: Bus; clock: Clock; random: Random; log: Log }

export function createDevicePresence(deps: DevicePresenceDeps): DevicePresence {
  const { bus, clock, random } = deps
  const self = random.token(12)
  const noted = new BoundedMap<string, Noted>({ limit: MAX_DEVICES })
  const allowed = createTokenBuckets({ rate: CHANGES, clock })
  const keyOf = ({ userId, deviceId }: Device) => `${userId} ${deviceId}`
  const writer = createWriter(deps, (changes) => {
    for (const { userId, change } of changes)
      if (change) noted.delete(keyOf({ userId, deviceId: change.deviceId }))
  })
  const unsubscribe = bus.subscribe(['presence'], (message) => {
    if (message === undefined) return noted.clear()
    const { from, devices } = message as PresenceMessage
    if (from !== self) for (const device of devices) noted.delete(keyOf(device))
  })
  const unknown: Noted = { state: null, connectedUntil: 0, activeAt: -Infinity }

  return {
    synced({ userId, deviceId }, state, timeoutMs) {
      // The device is not marked as online by this sync, and its earlier syncs count until their time is over.
      if (state === 'offline') return
      const key = keyOf({ userId, deviceId })
      const before = noted.peek(key) ?? unknown
      const needed = clock.now() + timeoutMs + GRACE_MS
      const isSame = before.state === state
      if (isSame && before.connectedUntil >= needed) return
      if (!isSame && allowed.take(userId) > 0) return
      const connectedUntil = needed + RENEW_MS
      noted.set(key, { state, connectedUntil, activeAt: isSame ? before.activeAt : -Infinity })
      if (!isSame)
        bus.publish('presence', { from: self, devices: [{ userId, deviceId }] } satisfies PresenceMessage)
      writer.add({ userId, change: { deviceId, kind: 'sync', state, connectedUntil } })
    },
    active({ userId, deviceId }) {
      const key = keyOf({ userId, deviceId })
      const before = noted.peek(key) ?? unknown
      const now = clock.now()
      if (now - before.activeAt < RENEW_MS) return
      noted.set(key, { ...before, activeAt: now })
      writer.add({ userId, change: { deviceId, kind: 'activity' } })
    },
    get pending() {
      return writer.pending()
    },
    async [Symbol.asyncDispose]() {
      unsubscribe()
      await writer[Symbol.asyncDispose]()
    },
  }
}

/**
 * States: idle → (a change) writing → pausing → writing, if more changes have arrived, or idle. A change that
 * cannot be written is dropped, and the next sync of the device repeats it.
 */
function createWriter(
  { db, bus, clock, log }: DevicePresenceDeps,
  onDropped: (changes: readonly ChangeOfUser[]) => void,
) {
  const ending = new AbortController()
  const pending: ChangeOfUser[] = []
  let writing: Promise<void> | undefined

  async function write(): Promise<void> {
    while (pending.length > 0) {
      const changes = pending.splice(0, MAX_WRITTEN)
      try {
        await changePresenceOfMany({ db, bus, clock }, changes)
      } catch (error) {
        log.warn({ err: error }, 'could not write the presence of users')
        onDropped(changes)
      }
      await clock.sleep(WRITE_EVERY_MS, ending.signal)
    }
    writing = undefined
  }

  return {
    pending: () => pending.length,
    add(change: ChangeOfUser): void {
      pending.push(change)
      writing ??= write()
    },
    async [Symbol.asyncDispose]() {
      ending.abort()
      await writing
    },
  }
}
