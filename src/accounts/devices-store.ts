import { type RawBuilder, sql } from 'kysely'
import type { DeviceId, UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

/** The owner of an access token. Runs for every request. */
export const ownerOfToken = query<{ tokenHash: string }>()((db, p) =>
  db
    .selectFrom('access_tokens')
    .innerJoin('users', 'users.user_id', 'access_tokens.user_id')
    .select([
      'access_tokens.user_id',
      'access_tokens.device_id',
      'users.is_admin',
      'users.locked_at',
      'users.suspended_at',
    ])
    .where('access_tokens.token_hash', '=', p.tokenHash)
    .where('users.deactivated_at', 'is', null),
)

export const insertToken = query<{
  tokenHash: string
  userId: UserId
  deviceId: DeviceId
  now: number
}>()((db, p) =>
  db
    .insertInto('access_tokens')
    .values({ token_hash: p.tokenHash, user_id: p.userId, device_id: p.deviceId, created_at: p.now }),
)

/** An existing device keeps its name. */
export const upsertDevice = query<{
  userId: UserId
  deviceId: DeviceId
  displayName: string | null
  address: string | null
  now: number
}>()((db, p) =>
  db
    .insertInto('devices')
    .values({
      user_id: p.userId,
      device_id: p.deviceId,
      display_name: p.displayName,
      last_seen_ip: p.address,
      last_seen_ts: p.now,
      created_at: p.now,
    })
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'device_id']).doUpdateSet((eb) => ({
        last_seen_ip: eb.ref('excluded.last_seen_ip'),
        last_seen_ts: eb.ref('excluded.last_seen_ts'),
      })),
    ),
)

/** The number of a user's devices, and whether this is one of them (1 or 0). */
export const deviceUsage = query<{ userId: UserId; deviceId: DeviceId }>()((db, p) =>
  db
    .selectFrom('devices')
    .select([
      sql<number>`count(*)`.as('count'),
      sql<number>`count(case when device_id = ${p.deviceId} then 1 end)`.as('is_known'),
    ])
    .where('user_id', '=', p.userId),
)

export const devicesOfUser = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('devices')
    .selectAll()
    .where('user_id', '=', p.userId)
    .orderBy('created_at')
    .orderBy('device_id'),
)

export const deviceById = query<{ userId: UserId; deviceId: DeviceId }>()((db, p) =>
  db.selectFrom('devices').selectAll().where('user_id', '=', p.userId).where('device_id', '=', p.deviceId),
)

export const renameDevice = query<{ userId: UserId; deviceId: DeviceId; displayName: string }>()((db, p) =>
  db
    .updateTable('devices')
    .set({ display_name: p.displayName })
    .where('user_id', '=', p.userId)
    .where('device_id', '=', p.deviceId),
)

/** Waits for `lockedDevicesOfUsers`. In the order of the key. SQLite has one writer, and needs no lock. */
export const lockDevices = query<{ userId: UserId; deviceIds: readonly DeviceId[] }>()((db, p, d) => {
  const rows = db
    .selectFrom('devices')
    .select('device_id')
    .where('user_id', '=', p.userId)
    .where('device_id', 'in', d.list(p.deviceIds) as RawBuilder<DeviceId>)
    .orderBy('device_id')
  return d.name === 'sqlite' ? rows : rows.forUpdate()
})

export const deleteDevices = query<{ userId: UserId; deviceIds: readonly DeviceId[] }>()((db, p, d) =>
  db
    .deleteFrom('devices')
    .where('user_id', '=', p.userId)
    .where('device_id', 'in', d.list(p.deviceIds) as RawBuilder<DeviceId>),
)

export const deleteTokens = query<{ userId: UserId; deviceIds: readonly DeviceId[] }>()((db, p, d) =>
  db
    .deleteFrom('access_tokens')
    .where('user_id', '=', p.userId)
    .where('device_id', 'in', d.list(p.deviceIds) as RawBuilder<DeviceId>),
)

export type DeviceSeen = { user_id: UserId; device_id: DeviceId; address: string; at: number }

const SEEN = { user_id: 'text', device_id: 'text', address: 'text', at: 'integer' } as const

/** PostgreSQL locks the devices in the order of the key, as `lockDevices`. */
export const touchDevices = query<{ seen: readonly DeviceSeen[] }>()((db, p, d) =>
  db
    .updateTable('devices')
    .from(d.rows(p.seen, SEEN).as('seen'))
    .$if(d.name === 'postgres', (update) =>
      update.where(
        sql<boolean>`(devices.user_id, devices.device_id) in (select o.user_id, o.device_id from devices as o
          join ${d.rows(p.seen, SEEN)} as s on s.user_id = o.user_id and s.device_id = o.device_id
          order by o.user_id, o.device_id for no key update of o)`,
      ),
    )
    .set((eb) => ({ last_seen_ip: eb.ref('seen.address'), last_seen_ts: eb.ref('seen.at') }))
    .whereRef('devices.user_id', '=', 'seen.user_id')
    .whereRef('devices.device_id', '=', 'seen.device_id'),
)
