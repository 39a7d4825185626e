import type { RawBuilder } from 'kysely'
import type { DeviceId, UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

// The dehydrated device of a user (MSC3814). `keys/dehydrated-device.ts` creates it.

export const dehydratedDeviceOf = query<{ userId: UserId }>()((db, p) =>
  db.selectFrom('dehydrated_devices').select(['device_id', 'device_data']).where('user_id', '=', p.userId),
)

export const insertDehydratedDevice = query<{ userId: UserId; deviceId: DeviceId; data: string }>()((db, p) =>
  db
    .insertInto('dehydrated_devices')
    .values({ user_id: p.userId, device_id: p.deviceId, device_data: p.data }),
)

export const deleteDehydrated = query<{ userId: UserId; deviceIds: readonly DeviceId[] }>()((db, p, d) =>
  db
    .deleteFrom('dehydrated_devices')
    .where('user_id', '=', p.userId)
    .where('device_id', 'in', d.list(p.deviceIds) as RawBuilder<DeviceId>),
)
