import { type RawBuilder, sql } from 'kysely'
import type { DeviceId, UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

type Device = { userId: UserId; deviceId: DeviceId }
type Devices = { userId: UserId; deviceIds: readonly DeviceId[] }

/**
 * Locks a device until the end of the transaction: uploads of one device run one after the other, also in two
 * processes, and none adds keys to a removed device. Without a row there is no such device.
 */
export const lockDevice = query<Device>()((db, p) =>
  db
    .updateTable('devices')
    .set((eb) => ({ created_at: eb.ref('created_at') }))
    .where('user_id', '=', p.userId)
    .where('device_id', '=', p.deviceId)
    .returning('device_id'),
)

export const deviceKeysOf = query<Device>()((db, p) =>
  db
    .selectFrom('device_keys')
    .select('content')
    .where('user_id', '=', p.userId)
    .where('device_id', '=', p.deviceId),
)

/** The keys of all devices of the users, with the names of the devices. */
export const deviceKeysOfUsers = query<{ userIds: readonly UserId[] }>()((db, p, d) =>
  db
    .selectFrom('device_keys as k')
    .innerJoin('devices as d', (join) =>
      join.onRef('d.user_id', '=', 'k.user_id').onRef('d.device_id', '=', 'k.device_id'),
    )
    .select(['k.user_id', 'k.device_id', 'k.content', 'd.display_name'])
    .where('k.user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>)
    .orderBy('k.user_id')
    .orderBy('k.device_id'),
)

export const setDeviceKeys = query<Device & { content: string }>()((db, p) =>
  db
    .insertInto('device_keys')
    .values({ user_id: p.userId, device_id: p.deviceId, content: p.content })
    .onConflict((conflict) =>
      conflict
        .columns(['user_id', 'device_id'])
        .doUpdateSet((eb) => ({ content: eb.ref('excluded.content') })),
    ),
)

export const deleteDeviceKeys = query<Devices>()((db, p, d) =>
  db
    .deleteFrom('device_keys')
    .where('user_id', '=', p.userId)
    .where('device_id', 'in', d.list(p.deviceIds) as RawBuilder<DeviceId>),
)

/** The bytes of all keys of a user's devices. Claimed keys count until they are removed. */
export const keyBytesOf = query<{ userId: UserId }>()((db, p) => {
  const bytes = sql<number>`octet_length(content)`.as('bytes')
  const all = db
    .selectFrom('device_keys')
    .select(bytes)
    .where('user_id', '=', p.userId)
    .unionAll(db.selectFrom('one_time_keys').select(bytes).where('user_id', '=', p.userId))
    .unionAll(db.selectFrom('fallback_keys').select(bytes).where('user_id', '=', p.userId))
  return db.selectFrom(all.as('k')).select(sql<number>`coalesce(sum(bytes), 0)`.as('bytes'))
})
