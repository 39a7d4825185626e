import type { Kysely } from 'kysely'
import type { Bus } from '../cluster/bus.ts'
import type { Database } from '../storage/database.ts'
import { type Queries, query } from '../storage/query.ts'
import type { Schema } from '../storage/schema.ts'
import type { InboxKey, InboxStore, StoredEntry } from './inbox.ts'
import { deviceKeyOf } from './keys.ts'
import type { Notification } from './notification.ts'

/** The limits of one inbox. The newest entries are kept. */
export const INBOX_SIZE = 100
export const INBOX_BYTES = 1_048_576
/** The limits of all inboxes of one user. The newest entries are kept. */
export const USER_ENTRIES = 1000
export const USER_BYTES = 4_194_304
export const MOST_OPENED = 20
const DROPPED_AT_ONCE = 200

const topicOf = ({ userId, pushkey }: InboxKey) =>
  `inbox:${deviceKeyOf({ app_id: userId, pushkey })}` as const

/**
 * Stores inboxes in the database. Entries beyond the limits of an inbox or a user are removed in the transaction that adds the new one.
 * Beyond `maxBytes` in total, the oldest entries of all are removed right after it.
 */
export function makeInboxStore({
  db,
  bus,
  maxBytes,
}: {
  db: Database
  bus: Bus
  /** Of all inboxes in total. */
  maxBytes: number
}): InboxStore {
  const total = createTotal(db, maxBytes)
  return {
    async add(inbox, { receivedAt, text }) {
      const bytes = Buffer.byteLength(text)
      const added = await db.transaction(async (tx) => {
        await tx.run(addEntry, { ...inbox, bytes, receivedAt, notification: text })
        tx.onCommit(() => bus.publish(topicOf(inbox)))
        return bytes - (await trim(tx, inbox))
      })
      await total.add(added)
    },
    async list(inbox, after = 0) {
      const rows = await db.all(entriesOf, { ...inbox, after, limit: INBOX_SIZE })
      return rows.map((row): StoredEntry => ({
        id: row.entry_id,
        received_at: row.received_at,
        notification: JSON.parse(row.notification) as Notification,
      }))
    },
    listen: (inbox, listener) => bus.subscribe([topicOf(inbox)], listener),
    async opened(pushkey) {
      const row = await db.first(openedInbox, { pushkey })
      return row && { userId: row.user_id, pushkey, usedAt: row.used_at }
    },
    async openedOf(userId) {
      const rows = await db.all(openedInboxesOf, { userId })
      return rows.map((row) => ({ pushkey: row.pushkey, openedAt: row.opened_at, usedAt: row.used_at }))
    },
    open: (inbox, now) =>
      db.transaction(async (tx) => {
        const opened = await tx.all(openedInboxesOf, { userId: inbox.userId })
        if (opened.length >= MOST_OPENED) return false
        await tx.run(insertOpened, { ...inbox, now })
        return true
      }),
    async touch(pushkey, now) {
      await db.transaction((tx) => tx.run(touchOpened, { pushkey, now }), { durably: false })
    },
    async close(inbox) {
      const closed = await db.transaction(async (tx) => {
        if ((await tx.run(deleteOpened, inbox)) === 0) return undefined
        return sumOf(await tx.all(eraseInbox, inbox))
      })
      if (closed !== undefined) await total.add(-closed)
      return closed !== undefined
    },
  }
}

/** Erases all inboxes of a closed account. */
export async function forgetInboxesOf(tx: Queries, userId: string): Promise<void> {
  await tx.run(deleteOpenedOf, { userId })
  await tx.run(eraseUser, { userId })
}

/** Resolves to the number of removed bytes. */
async function trim(tx: Queries, { userId, pushkey }: InboxKey): Promise<number> {
  const ofInbox = await tx.all(trimInbox, { userId, pushkey, entries: INBOX_SIZE, bytes: INBOX_BYTES })
  // Inboxes from the configuration have no owner. The operator limits their number.
  const ofUser =
    userId === '' ? [] : await tx.all(trimUser, { userId, entries: USER_ENTRIES, bytes: USER_BYTES })
  return sumOf(ofInbox) + sumOf(ofUser)
}

const sumOf = (rows: readonly { bytes: number }[]) => rows.reduce((sum, { bytes }) => sum + bytes, 0)

/**
 * The total size of all inboxes as this process knows it: counted once, then kept up to date. Entries that a sweep removes are not noticed
 * before the next count. A count is made before anything is removed because of the total.
 */
function createTotal(db: Database, maxBytes: number) {
  let known: number | undefined
  const count = async () => (await db.first(allBytes, {}))?.bytes ?? 0
  return {
    async add(bytes: number): Promise<void> {
      known = known === undefined ? await count() : known + bytes
      if (known <= maxBytes) return
      known = await count()
      while (known > maxBytes) {
        const surplus = known - maxBytes
        const dropped = await db.transaction((tx) => tx.all(dropOldest, { surplus, limit: DROPPED_AT_ONCE }))
        if (dropped.length === 0) return
        known -= sumOf(dropped)
      }
    },
  }
}

type NewEntry = InboxKey & { bytes: number; receivedAt: number; notification: string }

export const addEntry = query<NewEntry>()((db, p) =>
  db.insertInto('inbox').values({
    user_id: p.userId,
    pushkey: p.pushkey,
    bytes: p.bytes,
    received_at: p.receivedAt,
    notification: p.notification,
  }),
)

type Kept = { entries: number; bytes: number }

/** The entries of a user, each with the number and the bytes of all entries from the newest down to it. */
const counted = (db: Kysely<Schema>, userId: string) =>
  db
    .selectFrom('inbox')
    .select((eb) => [
      'entry_id',
      eb.fn
        .sum<number>('bytes')
        .over((over) => over.orderBy('entry_id', 'desc'))
        .as('bytes'),
      eb.fn
        .agg<number>('row_number')
        .over((over) => over.orderBy('entry_id', 'desc'))
        .as('entries'),
    ])
    .where('user_id', '=', userId)

/** Removes all entries of an inbox except the newest, by number and bytes. */
export const trimInbox = query<InboxKey & Kept>()((db, p) =>
  db
    .deleteFrom('inbox')
    .where('user_id', '=', p.userId)
    .where('pushkey', '=', p.pushkey)
    .where('entry_id', '<=', () =>
      db
        .selectFrom(counted(db, p.userId).where('pushkey', '=', p.pushkey).as('c'))
        .select((eb) => eb.fn.max('c.entry_id').as('last'))
        .where((eb) => eb.or([eb('c.bytes', '>', p.bytes), eb('c.entries', '>', p.entries)])),
    )
    .returning('bytes'),
)

/** The same for all inboxes of a user. */
export const trimUser = query<{ userId: string } & Kept>()((db, p) =>
  db
    .deleteFrom('inbox')
    .where('user_id', '=', p.userId)
    .where('entry_id', '<=', () =>
      db
        .selectFrom(counted(db, p.userId).as('c'))
        .select((eb) => eb.fn.max('c.entry_id').as('last'))
        .where((eb) => eb.or([eb('c.bytes', '>', p.bytes), eb('c.entries', '>', p.entries)])),
    )
    .returning('bytes'),
)

export const allBytes = query<Record<never, never>>()((db) =>
  db.selectFrom('inbox').select((eb) => eb.fn.sum<number>('bytes').as('bytes')),
)

/** Removes the oldest entries until `surplus` bytes are gone, but at most `limit` entries. */
export const dropOldest = query<{ surplus: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('inbox')
    .where('entry_id', 'in', () =>
      db
        .selectFrom(
          db
            .selectFrom('inbox')
            .select((eb) => [
              'entry_id',
              'bytes',
              eb.fn
                .sum<number>('bytes')
                .over((over) => over.orderBy('entry_id'))
                .as('total'),
            ])
            .orderBy('entry_id')
            .limit(p.limit)
            .as('c'),
        )
        .select('c.entry_id')
        .where((eb) => eb(eb('c.total', '-', eb.ref('c.bytes')), '<', p.surplus)),
    )
    .returning('bytes'),
)

/** Newest last. */
export const entriesOf = query<InboxKey & { after: number; limit: number }>()((db, p) =>
  db
    .selectFrom('inbox')
    .select(['entry_id', 'received_at', 'notification'])
    .where('user_id', '=', p.userId)
    .where('pushkey', '=', p.pushkey)
    .where('entry_id', '>', p.after)
    .orderBy('entry_id')
    .limit(p.limit),
)

export const forgetEntries = query<{ before: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('inbox')
    .where('entry_id', 'in', (eb) =>
      eb
        .selectFrom('inbox')
        .select('entry_id')
        .where('received_at', '<', p.before)
        .orderBy('received_at')
        .limit(p.limit),
    ),
)

export const eraseInbox = query<InboxKey>()((db, p) =>
  db.deleteFrom('inbox').where('user_id', '=', p.userId).where('pushkey', '=', p.pushkey).returning('bytes'),
)

export const eraseUser = query<{ userId: string }>()((db, p) =>
  db.deleteFrom('inbox').where('user_id', '=', p.userId),
)

export const openedInbox = query<{ pushkey: string }>()((db, p) =>
  db.selectFrom('opened_inboxes').select(['user_id', 'used_at']).where('pushkey', '=', p.pushkey),
)

export const openedInboxesOf = query<{ userId: string }>()((db, p) =>
  db
    .selectFrom('opened_inboxes')
    .select(['pushkey', 'opened_at', 'used_at'])
    .where('user_id', '=', p.userId)
    .orderBy('opened_at'),
)

export const insertOpened = query<InboxKey & { now: number }>()((db, p) =>
  db
    .insertInto('opened_inboxes')
    .values({ pushkey: p.pushkey, user_id: p.userId, opened_at: p.now, used_at: p.now }),
)

export const touchOpened = query<{ pushkey: string; now: number }>()((db, p) =>
  db.updateTable('opened_inboxes').set({ used_at: p.now }).where('pushkey', '=', p.pushkey),
)

export const deleteOpened = query<InboxKey>()((db, p) =>
  db.deleteFrom('opened_inboxes').where('pushkey', '=', p.pushkey).where('user_id', '=', p.userId),
)

export const deleteOpenedOf = query<{ userId: string }>()((db, p) =>
  db.deleteFrom('opened_inboxes').where('user_id', '=', p.userId),
)

/** Inboxes that have not been read for a long time. */
export const forgetOpened = query<{ before: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('opened_inboxes')
    .where('pushkey', 'in', (eb) =>
      eb
        .selectFrom('opened_inboxes')
        .select('pushkey')
        .where('used_at', '<', p.before)
        .orderBy('used_at')
        .limit(p.limit),
    ),
)
