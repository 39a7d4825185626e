import { type RawBuilder, sql } from 'kysely'
import type { DeviceId, UserId } from '../../lib/ids.ts'
import { query } from '../../storage/query.ts'
import type { StreamPoint } from '../../storage/stream-point.ts'

type Device = { userId: UserId; deviceId: DeviceId }

/** Changes no row when the device has used the transaction id for this type before. */
export const insertTransaction = query<Device & { type: string; txnId: string; now: number }>()((db, p) =>
  db
    .insertInto('device_message_txns')
    .values({
      user_id: p.userId,
      device_id: p.deviceId,
      type: p.type,
      txn_id: p.txnId,
      sent_at: p.now,
    })
    .onConflict((conflict) => conflict.columns(['user_id', 'device_id', 'type', 'txn_id']).doNothing()),
)

/**
 * Locks the devices until the commit, in the order of the key, so that none is removed meanwhile
 * (`lockDevices`): the removal then waits, and finds what is stored for them. Other transactions that send to
 * the same devices, or that update them, do not wait. SQLite has one writer, and needs no lock.
 */
export const lockedDevicesOfUsers = query<{ userIds: readonly UserId[] }>()((db, p, d) => {
  const rows = db
    .selectFrom('devices')
    .select(['user_id', 'device_id'])
    .where('user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>)
    .orderBy('user_id')
    .orderBy('device_id')
  return d.name === 'sqlite' ? rows : rows.forKeyShare()
})

export type MessageRow = { user_id: UserId; device_id: DeviceId; content: string; bytes: number }
type Sending = { sender: UserId; type: string; position: number }

/** Resolves to the new rows with their totals. */
export const insertMessages = query<Sending & { rows: readonly MessageRow[] }>()((db, p, d) => {
  const columns = { user_id: 'text', device_id: 'text', content: 'text', bytes: 'integer' } as const
  const last = (total: 'total_count' | 'total_bytes') =>
    sql<number>`coalesce((select m.${sql.ref(total)} from device_messages as m where m.user_id = r.user_id
      and m.device_id = r.device_id and m.sender = ${p.sender} order by m.position desc limit 1), 0)`
  return db
    .insertInto('device_messages')
    .columns(['user_id', 'device_id', 'position', 'sender', 'type', 'content', 'total_count', 'total_bytes'])
    .expression(
      db
        .selectFrom(d.rows(p.rows, columns).as('r'))
        .select([
          'r.user_id',
          'r.device_id',
          d.integer(p.position).as('position'),
          sql<UserId>`${d.text(p.sender)}`.as('sender'),
          d.text(p.type).as('type'),
          'r.content',
          sql<number>`${last('total_count')} + 1`.as('total_count'),
          sql<number>`${last('total_bytes')} + r.bytes`.as('total_bytes'),
        ]),
    )
    .returning(['user_id', 'device_id', 'total_count', 'total_bytes'])
})

/** `counted`, `bytes`: the totals up to which the messages of the sender are deleted. */
export type Excess = { user_id: UserId; device_id: DeviceId; counted: number; bytes: number }

/** Deletes the oldest messages from a sender. The messages of the request at `before` stay. */
export const deleteExcess = query<{ sender: UserId; before: number; rows: readonly Excess[] }>()((
  db,
  p,
  d,
) => {
  const columns = { user_id: 'text', device_id: 'text', counted: 'integer', bytes: 'integer' } as const
  return db
    .deleteFrom('device_messages')
    .where('position', '<', p.before)
    .where(
      sql<boolean>`(user_id, device_id, sender, position) in (
          select m.user_id, m.device_id, m.sender, m.position from ${d.rows(p.rows, columns)} as r
          join device_messages as m on m.user_id = r.user_id and m.device_id = r.device_id and m.sender = ${p.sender}
          where m.total_count <= r.counted or m.total_bytes <= r.bytes)`,
    )
})

/** The oldest messages that wait for a device. */
export const messagesOfDevice = query<Device & { limit: number }>()((db, p) =>
  db
    .selectFrom('device_messages')
    .select(['position', 'sender', 'type', 'content'])
    .where('user_id', '=', p.userId)
    .where('device_id', '=', p.deviceId)
    .orderBy('position')
    .limit(p.limit),
)

/** The oldest messages after a position. */
export const messagesOfDeviceAfter = query<Device & { after: StreamPoint; limit: number }>()((db, p, d) =>
  db
    .selectFrom('device_messages')
    .select(['position', 'sender', 'type', 'content'])
    .where('user_id', '=', p.userId)
    .where('device_id', '=', p.deviceId)
    .where(d.isAfter('position', p.after))
    .orderBy('position')
    .limit(p.limit),
)

export const oldestMessage = query<Device & { upTo: StreamPoint }>()((db, p, d) =>
  db
    .selectFrom('device_messages')
    .select('position')
    .where('user_id', '=', p.userId)
    .where('device_id', '=', p.deviceId)
    .where(d.isUpTo('position', p.upTo))
    .orderBy('position')
    .limit(sql.lit(1)),
)

export const deleteMessagesUpTo = query<Device & { upTo: StreamPoint }>()((db, p, d) =>
  db
    .deleteFrom('device_messages')
    .where('user_id', '=', p.userId)
    .where('device_id', '=', p.deviceId)
    .where(d.isUpTo('position', p.upTo)),
)

type Devices = { userId: UserId; deviceIds: readonly DeviceId[] }

export const deleteMessagesOfDevices = query<Devices>()((db, p, d) =>
  db
    .deleteFrom('device_messages')
    .where('user_id', '=', p.userId)
    .where('device_id', 'in', d.list(p.deviceIds) as RawBuilder<DeviceId>),
)

export const deleteTransactionsOfDevices = query<Devices>()((db, p, d) =>
  db
    .deleteFrom('device_message_txns')
    .where('user_id', '=', p.userId)
    .where('device_id', 'in', d.list(p.deviceIds) as RawBuilder<DeviceId>),
)

export const deleteOldTransactions = query<{ before: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('device_message_txns')
    .where((eb) =>
      eb(
        eb.refTuple('user_id', 'device_id', 'type', 'txn_id'),
        'in',
        eb
          .selectFrom('device_message_txns')
          .select(['user_id', 'device_id', 'type', 'txn_id'])
          .where('sent_at', '<', p.before)
          .orderBy('sent_at')
          .limit(p.limit)
          .$asTuple('user_id', 'device_id', 'type', 'txn_id'),
      ),
    ),
)
