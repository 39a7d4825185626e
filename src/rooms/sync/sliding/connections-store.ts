import { sql } from 'kysely'
import type { DeviceId, UserId } from '../../../lib/ids.ts'
import { query } from '../../../storage/query.ts'

type Device = { userId: UserId; deviceId: DeviceId }
type Connection = Device & { connId: string }
type Version = Connection & { version: string }

export const connectionState = query<Version>()((db, p) =>
  db
    .selectFrom('sliding_connections')
    .select(['state', 'used_at'])
    .where('user_id', '=', p.userId)
    .where('device_id', '=', p.deviceId)
    .where('conn_id', '=', p.connId)
    .where('version', '=', p.version),
)

/** The stored states of a device, the last written one first. */
export const statesOfDevice = query<Device>()((db, p) =>
  db
    .selectFrom('sliding_connections')
    .select(['conn_id', 'version', 'used_at'])
    .where('user_id', '=', p.userId)
    .where('device_id', '=', p.deviceId)
    .orderBy('entry_id', 'desc'),
)

export const insertConnection = query<Version & { state: string; now: number }>()((db, p) =>
  db.insertInto('sliding_connections').values({
    user_id: p.userId,
    device_id: p.deviceId,
    conn_id: p.connId,
    version: p.version,
    state: p.state,
    used_at: p.now,
  }),
)

export const touchConnection = query<Version & { now: number }>()((db, p) =>
  db
    .updateTable('sliding_connections')
    .set({ used_at: p.now })
    .where('user_id', '=', p.userId)
    .where('device_id', '=', p.deviceId)
    .where('conn_id', '=', p.connId)
    .where('version', '=', p.version),
)

export const deleteConnections = query<Device & { versions: readonly string[] }>()((db, p, d) =>
  db
    .deleteFrom('sliding_connections')
    .where('user_id', '=', p.userId)
    .where('device_id', '=', p.deviceId)
    .where('version', 'in', d.list(p.versions)),
)

export const deleteConnectionsOfDevices = query<{ userId: UserId; deviceIds: readonly DeviceId[] }>()(
  (db, p, d) =>
    db
      .deleteFrom('sliding_connections')
      .where('user_id', '=', p.userId)
      .where(sql<boolean>`device_id in ${d.list(p.deviceIds)}`),
)

export const deleteUnusedConnections = query<{ before: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('sliding_connections')
    .where('entry_id', 'in', (eb) =>
      eb
        .selectFrom('sliding_connections')
        .select('entry_id')
        .where('used_at', '<', p.before)
        .orderBy('used_at')
        .limit(p.limit),
    ),
)
