import type { TestContext } from 'node:test'
import { upsertDevice } from '../../src/accounts/devices-store.ts'
import { removeDevices } from '../../src/accounts/devices.ts'
import type { CrossSigningDeps } from '../../src/keys/deps.ts'
import { removeKeysOfDevices } from '../../src/keys/remove-keys.ts'
import { encryptionSection } from '../../src/keys/sync-section.ts'
import { uploadKeys } from '../../src/keys/upload-keys.ts'
import type { DeviceId, UserId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { Database } from '../../src/storage/database.ts'
import { createAccountsFixture } from '../accounts/fixture.ts'
import { createSyncFixture, deviceOf, user } from '../rooms/sync-fixture.ts'
import { silentLog } from '../support/log.ts'
import { quotas } from '../support/quotas.ts'
import { createSigningKey, deviceKeys } from '../support/signing-key.ts'

export type Held = {
  device_lists: { changed: UserId[]; left: UserId[] }
  device_one_time_keys_count: Record<string, number>
  device_unused_fallback_key_types: string[]
}

/** Users with one device each (`deviceOf`), rooms, keys, and a sync with the keys' section. */
export async function createKeysFixture(
  t: TestContext,
  db: Database,
  { names, ...overrides }: { names: readonly string[] } & Partial<CrossSigningDeps>,
) {
  const rooms = await createSyncFixture(t, db, names)
  const { bus, clock } = rooms
  const accounts = createAccountsFixture(db, {
    bus,
    onDevicesRemoved: (tx, userId, deviceIds) => removeKeysOfDevices({ bus }, tx, { userId, deviceIds }),
  })
  const deps: CrossSigningDeps = {
    db,
    bus,
    clock,
    log: silentLog,
    quotas,
    sharedRoomsOnly: true,
    accounts: accounts.deps,
    ...overrides,
  }
  rooms.reads.sections = [...rooms.reads.sections, encryptionSection()]
  const addDevice = (userId: UserId, deviceId: DeviceId) =>
    db.transaction((tx) =>
      tx.run(upsertDevice, { userId, deviceId, displayName: null, address: null, now: clock.now() }),
    )
  for (const name of names) await addDevice(user(name), deviceOf(user(name)))
  return {
    ...rooms,
    deps,
    addDevice,
    removeDevice: (userId: UserId, deviceId: DeviceId) =>
      db.transaction((tx) => removeDevices(accounts.deps, tx, { userId, deviceIds: [deviceId] }), {
        orderedBy: userId,
      }),
    /** Uploads device keys, and the one-time and fallback keys of `more`. */
    upload: async (
      userId: UserId,
      more: { oneTimeKeys?: Record<string, JsonObject>; fallbackKeys?: Record<string, JsonObject> } = {},
      deviceId = deviceOf(userId),
    ) => {
      const key = createSigningKey()
      const { oneTimeKeys = {}, fallbackKeys = {} } = more
      const keys = deviceKeys(userId, deviceId, key)
      const upload = { deviceKeys: keys, oneTimeKeys, fallbackKeys }
      const counts = await uploadKeys(deps, { userId, deviceId }, upload)
      return { key, deviceKeys: keys, counts }
    },
    held: async (userId: UserId, since?: string, options: { timeoutMs?: number } = {}) =>
      (await rooms.sync(userId, since, options)) as unknown as Held & { next_batch: string },
  }
}

/** The parts of an upload that a test leaves out. */
export const NO_KEYS = { deviceKeys: undefined, oneTimeKeys: {}, fallbackKeys: {} }
