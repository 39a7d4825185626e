import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { DeviceId, UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'
import type { Transaction } from '../storage/database.ts'
import { needAllShards } from '../storage/stream.ts'
import type { LanesTable } from '../storage/sending-schema.ts'
import type { PushersTable } from '../storage/pushers-schema.ts'

/** A pusher with the state of its lane. */
export type PusherRow = Selectable<PushersTable> &
  Pick<Selectable<LanesTable>, 'generation' | 'next_attempt_at' | 'held_until' | 'value_due' | 'value_told'>
/** The columns that the removal of a pusher needs. */
export type PusherRef = { pusher_id: number; user_id: UserId }

type Key = { userId: UserId; appId: string; pushkey: string }
type NewPusher = Key & {
  /** The id of its lane. */
  pusherId: number
  kind: string
  kindAlias: string | null
  handle: string | null
  handleIsInstance: boolean
  appDisplayName: string
  deviceDisplayName: string
  lang: string
  enabled: boolean
  disableBadgeCount: boolean
  holdMs: number
  data: string
  /** null: the pusher sends no pokes. */
  url: string | null
  /** null: the pusher belongs to no device. */
  deviceId: DeviceId | null
  /** null: its messages have no unsubscribe link. */
  unsubscribeToken: string | null
  now: number
}
export type PusherUpdate = Omit<NewPusher, keyof Key | 'deviceId' | 'unsubscribeToken'>

export const pusherByKey = query<Key>()((db, p) =>
  db
    .selectFrom('pushers')
    .innerJoin('lanes', 'lane_id', 'pusher_id')
    .selectAll('pushers')
    .select(['generation', 'next_attempt_at', 'held_until', 'value_due', 'value_told'])
    .where('user_id', '=', p.userId)
    .where('app_id', '=', p.appId)
    .where('pushkey', '=', p.pushkey),
)

export const pusherByUnsubscribeToken = query<{ token: string }>()((db, p) =>
  db
    .selectFrom('pushers')
    .select(['pusher_id', 'user_id', 'pushkey', 'lang'])
    .where('unsubscribe_token', '=', p.token),
)

export const pusherById = query<{ pusherId: number }>()((db, p) =>
  db.selectFrom('pushers').select(['pusher_id', 'user_id']).where('pusher_id', '=', p.pusherId),
)

/** Another app whose pusher holds the handle already. */
export const otherHolder = query<{ userId: UserId; handle: string; appId: string }>()((db, p) =>
  db
    .selectFrom('pushers')
    .select('app_id')
    .where('user_id', '=', p.userId)
    .where('handle', '=', p.handle)
    .where('app_id', '<>', p.appId)
    .orderBy('pusher_id')
    .limit(1),
)

export const pusherCount = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('pushers')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('user_id', '=', p.userId),
)

export const deviceExists = query<{ userId: UserId; deviceId: DeviceId }>()((db, p) =>
  db
    .selectFrom('devices')
    .select('device_id')
    .where('user_id', '=', p.userId)
    .where('device_id', '=', p.deviceId),
)

export const insertPusher = query<NewPusher>()((db, p) =>
  db.insertInto('pushers').values({
    pusher_id: p.pusherId,
    user_id: p.userId,
    app_id: p.appId,
    pushkey: p.pushkey,
    kind: p.kind,
    kind_alias: p.kindAlias,
    handle: p.handle,
    handle_is_instance: sql<0 | 1>`${p.handleIsInstance}`,
    app_display_name: p.appDisplayName,
    device_display_name: p.deviceDisplayName,
    lang: p.lang,
    enabled: sql<0 | 1>`${p.enabled}`,
    disable_badge_count: sql<0 | 1>`${p.disableBadgeCount}`,
    hold_ms: p.holdMs,
    data: p.data,
    url: p.url,
    device_id: p.deviceId,
    unsubscribe_token: p.unsubscribeToken,
    created_at: p.now,
    set_at: p.now,
  }),
)

/** Replaces the settings. The delivery state is unchanged. */
export const updatePusher = query<PusherUpdate>()((db, p) =>
  db
    .updateTable('pushers')
    .set({
      kind: p.kind,
      kind_alias: p.kindAlias,
      handle: p.handle,
      handle_is_instance: sql<0 | 1>`${p.handleIsInstance}`,
      app_display_name: p.appDisplayName,
      device_display_name: p.deviceDisplayName,
      lang: p.lang,
      enabled: sql<0 | 1>`${p.enabled}`,
      disable_badge_count: sql<0 | 1>`${p.disableBadgeCount}`,
      hold_ms: p.holdMs,
      data: p.data,
      url: p.url,
      set_at: p.now,
    })
    .where('pusher_id', '=', p.pusherId),
)

/** Marks the pusher as unconfirmed. Until it is confirmed, only the token is sent to it. */
export const beginActivation = query<{ pusherId: number; ackToken: string; expiresAt: number }>()((db, p) =>
  db
    .updateTable('pushers')
    .set({
      activated: sql.lit(0),
      ack_token: p.ackToken,
      ack_expires_at: p.expiresAt,
    })
    .where('pusher_id', '=', p.pusherId),
)

/** Marks the pusher as confirmed, or as in no need of a confirmation. */
export const activate = query<{ pusherId: number }>()((db, p) =>
  db
    .updateTable('pushers')
    .set({ activated: sql.lit(1) })
    .where('pusher_id', '=', p.pusherId),
)

/** The activation tokens and states of the app's pushers of kind `webpush`. */
export const activationsOf = query<{ userId: UserId; appId: string }>()((db, p) =>
  db
    .selectFrom('pushers')
    .select(['pusher_id', 'activated', 'ack_token', 'ack_expires_at'])
    .where('user_id', '=', p.userId)
    .where('app_id', '=', p.appId)
    .where('kind', '=', 'webpush'),
)

/** Unconfirmed pushers whose token expired before a time. A disabled pusher gets no token and is left out. */
export const unconfirmedPushers = query<{ before: number; limit: number }>()((db, p) =>
  db
    .selectFrom('pushers')
    .select(['pusher_id', 'user_id'])
    .where('kind', '=', 'webpush')
    .where('activated', '=', sql.lit(0))
    .where('enabled', '=', sql.lit(1))
    .where('ack_expires_at', '<=', p.before)
    .orderBy('pusher_id')
    .limit(p.limit),
)

/** The pusher, unless it was set again since this generation. */
export const unchangedPusher = query<{ pusherId: number; generation: number }>()((db, p) =>
  db
    .selectFrom('pushers')
    .innerJoin('lanes', 'lane_id', 'pusher_id')
    .select(['pusher_id', 'user_id'])
    .where('pusher_id', '=', p.pusherId)
    .where('generation', '=', p.generation),
)

export const pushersOfOthers = query<Key>()((db, p) =>
  db
    .selectFrom('pushers')
    .select(['pusher_id', 'user_id'])
    .where('app_id', '=', p.appId)
    .where('pushkey', '=', p.pushkey)
    .where('user_id', '<>', p.userId),
)

/** Pushers of all users with this app and pushkey that were last set before a time. */
export const pushersSetBefore = query<{ appId: string; pushkey: string; before: number }>()((db, p) =>
  db
    .selectFrom('pushers')
    .select(['pusher_id', 'user_id', 'url'])
    .where('app_id', '=', p.appId)
    .where('pushkey', '=', p.pushkey)
    .where('set_at', '<', p.before),
)

export const pushersOfDevices = query<{ userId: UserId; deviceIds: readonly DeviceId[] }>()((db, p, d) =>
  db
    .selectFrom('pushers')
    .select(['pusher_id', 'user_id'])
    .where('user_id', '=', p.userId)
    .where('device_id', 'in', d.list(p.deviceIds) as RawBuilder<DeviceId>),
)

export const pushersOfUser = query<{ userId: UserId }>()((db, p) =>
  db.selectFrom('pushers').select(['pusher_id', 'user_id']).where('user_id', '=', p.userId),
)

export const deletePushersById = query<{ pusherIds: readonly number[] }>()((db, p, d) =>
  db.deleteFrom('pushers').where('pusher_id', 'in', d.numbers(p.pusherIds)),
)

/** The users of this list who still have a pusher. */
export const usersWithPushers = query<{ userIds: readonly UserId[] }>()((db, p, d) =>
  db
    .selectFrom('pushers')
    .select('user_id')
    .distinct()
    .where('user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>),
)

export const markMemberships = query<{ userId: UserId; hasPushers: boolean }>()((db, p) =>
  db
    .updateTable('memberships')
    .set({ has_pushers: sql<0 | 1>`${p.hasPushers}` })
    .where('user_id', '=', p.userId),
)

/**
 * Stores in all memberships of a user whether the user has pushers. Needs all shards: an event of any room at
 * the same moment would reach the badge of a user without pushers, or not reach that of a user with them.
 */
export async function setHasPushers(tx: Transaction, userId: UserId, hasPushers: boolean): Promise<void> {
  needAllShards(tx)
  await tx.run(markMemberships, { userId, hasPushers })
}
