import { type RawBuilder, sql } from 'kysely'
import type { DeviceId, UserId } from '../../lib/ids.ts'
import { query } from '../../storage/query.ts'
import type { PresenceState } from './presence-state.ts'

/** The users of the list whose accounts are open, with their presence if they have a row. */
export const presenceOf = query<{ userIds: readonly UserId[] }>()((db, p, d) =>
  db
    .selectFrom('users as u')
    .leftJoin('presence as p', 'p.user_id', 'u.user_id')
    .select(['u.user_id', 'p.state', 'p.is_active', 'p.status_msg', 'p.last_active_at', 'p.due_at'])
    .where('u.user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>)
    .where('u.deactivated_at', 'is', null),
)

/** The devices of the users of the list, with their presence if they have a row. */
export const devicePresenceOf = query<{ userIds: readonly UserId[] }>()((db, p, d) =>
  db
    .selectFrom('devices as d')
    .leftJoin('presence_devices as p', (join) =>
      join.onRef('p.user_id', '=', 'd.user_id').onRef('p.device_id', '=', 'd.device_id'),
    )
    .select(['d.user_id', 'd.device_id', 'p.state', 'p.polled', 'p.connected_until'])
    .where('d.user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>),
)

export type PresenceRow = {
  user_id: UserId
  state: PresenceState
  is_active: 0 | 1
  status_msg: string | null
  last_active_at: number | null
  due_at: number | null
  /** null: other users see no change. */
  position: number | null
}

const USER_COLUMNS = {
  user_id: 'text',
  state: 'text',
  is_active: 'integer',
  status_msg: 'text',
  last_active_at: 'integer',
  due_at: 'integer',
  position: 'integer',
} as const

export const writePresence = query<{ users: readonly PresenceRow[] }>()((db, p, d) =>
  db
    .insertInto('presence')
    .columns(['user_id', 'state', 'is_active', 'status_msg', 'last_active_at', 'due_at', 'position'])
    .expression(
      db
        .selectFrom(d.rows(p.users, USER_COLUMNS).as('r'))
        .select(['r.user_id', 'r.state', 'r.is_active', 'r.status_msg', 'r.last_active_at', 'r.due_at'])
        .select(sql<number>`coalesce(r.position, 0)`.as('position'))
        // Without a condition, SQLite takes "on conflict" for a part of the selection.
        .where(sql<boolean>`true`),
    )
    .onConflict((conflict) =>
      conflict.column('user_id').doUpdateSet((eb) => ({
        state: eb.ref('excluded.state'),
        is_active: eb.ref('excluded.is_active'),
        status_msg: eb.ref('excluded.status_msg'),
        last_active_at: eb.ref('excluded.last_active_at'),
        due_at: eb.ref('excluded.due_at'),
        position: d.greatest(sql.ref('presence.position'), sql.ref('excluded.position')),
      })),
    ),
)

export type DevicePresenceRow = {
  user_id: UserId
  device_id: DeviceId
  state: PresenceState
  polled: PresenceState | null
  connected_until: number
}

const DEVICE_COLUMNS = {
  user_id: 'text',
  device_id: 'text',
  state: 'text',
  polled: 'text',
  connected_until: 'integer',
} as const

export const writeDevicePresence = query<{ devices: readonly DevicePresenceRow[] }>()((db, p, d) =>
  db
    .insertInto('presence_devices')
    .columns(['user_id', 'device_id', 'state', 'polled', 'connected_until'])
    .expression(
      db
        .selectFrom(d.rows(p.devices, DEVICE_COLUMNS).as('r'))
        .select(['r.user_id', 'r.device_id', 'r.state', 'r.polled', 'r.connected_until'])
        .where(sql<boolean>`true`),
    )
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'device_id']).doUpdateSet((eb) => ({
        state: eb.ref('excluded.state'),
        polled: eb.ref('excluded.polled'),
        connected_until: eb.ref('excluded.connected_until'),
      })),
    ),
)

/** Deletes the devices of the users of the list that are no longer connected. */
export const deleteDisconnected = query<{ userIds: readonly UserId[]; now: number }>()((db, p, d) =>
  db
    .deleteFrom('presence_devices')
    .where('user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>)
    .where('connected_until', '<=', p.now),
)

export const deleteDevicePresence = query<{ userId: UserId; deviceIds: readonly DeviceId[] }>()((db, p, d) =>
  db
    .deleteFrom('presence_devices')
    .where('user_id', '=', p.userId)
    .where('device_id', 'in', d.list(p.deviceIds) as RawBuilder<DeviceId>),
)

export const deletePresence = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('presence').where('user_id', '=', p.userId),
)

export const deleteAllDevicePresence = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('presence_devices').where('user_id', '=', p.userId),
)

/** The users whose presence changes without an event, in order of time. */
export const duePresence = query<{ now: number; limit: number }>()((db, p) =>
  db
    .selectFrom('presence')
    .select('user_id')
    .where('due_at', 'is not', null)
    .where('due_at', '<=', p.now)
    .orderBy('due_at')
    .limit(p.limit),
)

/**
 * The members of rooms of the users of the list, without large rooms: those whose waiting syncs a change of
 * presence wakes.
 */
export const observersOf = query<{ userIds: readonly UserId[]; maxMembers: number; limit: number }>()(
  (db, p, d) =>
    db
      .selectFrom('memberships as m')
      .innerJoin('rooms as r', 'r.room_id', 'm.room_id')
      .innerJoin('memberships as o', 'o.room_id', 'r.room_id')
      .select('o.user_id')
      .distinct()
      .where('m.user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>)
      .where('m.membership', '=', 'join')
      .where('r.joined_count', '<=', p.maxMembers)
      .where('o.membership', '=', 'join')
      .limit(p.limit),
)
