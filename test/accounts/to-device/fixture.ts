import { upsertDevice } from '../../../src/accounts/devices-store.ts'
import { sendToDevices, type ToDeviceDeps } from '../../../src/accounts/to-device/send.ts'
import { waitingMessages } from '../../../src/accounts/to-device/waiting.ts'
import { createLocalBus } from '../../../src/cluster/bus.ts'
import type { DeviceId, UserId } from '../../../src/lib/ids.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import type { Database } from '../../../src/storage/database.ts'
import { quotas } from '../../support/quotas.ts'
import { createFixedClock } from '../fixture.ts'

export const alice = '@alice:localhost' as UserId
export const bob = '@bob:localhost' as UserId
export const PHONE = 'PHONE' as DeviceId
export const LAPTOP = 'LAPTOP' as DeviceId

/** Devices and their messages on a database. */
export async function createToDeviceFixture(
  db: Database,
  devices: readonly [UserId, DeviceId][],
  overrides: Partial<ToDeviceDeps> = {},
) {
  const clock = createFixedClock()
  const deps: ToDeviceDeps = {
    db,
    bus: createLocalBus(),
    clock,
    quotas,
    maxMessageBytes: 1000,
    maxRequestBytes: 4000,
    ...overrides,
  }
  const add = (userId: UserId, deviceId: DeviceId) =>
    db.transaction((tx) =>
      tx.run(upsertDevice, { userId, deviceId, displayName: null, address: null, now: clock.now() }),
    )
  for (const [userId, deviceId] of devices) await add(userId, deviceId)
  let transactions = 0
  return {
    deps,
    clock,
    add,
    /** Sends `content` from Alice's phone, unless `more` says otherwise. */
    send: (
      messages: Record<UserId, Record<string, JsonObject>>,
      more: { sender?: UserId; deviceId?: DeviceId; type?: string; txnId?: string } = {},
    ) =>
      sendToDevices(deps, {
        sender: { userId: more.sender ?? alice, deviceId: more.deviceId ?? PHONE },
        type: more.type ?? 'm.room.encrypted',
        txnId: more.txnId ?? `t${transactions++}`,
        messages,
      }),
    /** The contents that wait for a device, in order. */
    waiting: async (userId: UserId, deviceId: DeviceId) =>
      (await waitingMessages(db, { userId, deviceId }, { maxBytes: 1_000_000 })).messages.map(
        ({ content }) => content,
      ),
  }
}
