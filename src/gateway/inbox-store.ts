import type { Bus } from '../cluster/bus.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../storage/database.ts'
import { type Queries, query } from '../storage/query.ts'
import { type InboxKey, type InboxStore, storedEntry } from './inbox.ts'
import { createInboxLimits, INBOX_SIZE } from './inbox-limits.ts'
import { deviceKeyOf } from './keys.ts'

export const MOST_OPENED = 20

const topicOf = ({ userId, pushkey }: InboxKey) =>
  `inbox:${deviceKeyOf({ app_id: userId, pushkey })}` as const

/** Stores inboxes in the database. Entries beyond a limit are removed in the transaction that adds the new one. */
export function makeInboxStore({
  db,
  bus,
  clock,
  maxBytes,
}: {
  db: Database
  bus: Bus
  clock: Clock
  /** Of all inboxes in total. */
  maxBytes: number
}): InboxStore {
  const keepWithinLimits = createInboxLimits({ maxBytes, isShared: !db.isServedAlone, clock })
  return {
    async add(tx, inbox, { receivedAt, text }) {
      const bytes = Buffer.byteLength(text)
      await tx.run(addEntry, { ...inbox, bytes, receivedAt, notification: text })
      await keepWithinLimits(tx, inbox, bytes)
      tx.onCommit(() => bus.publish(topicOf(inbox)))
    },
    async list(inbox, after = 0) {
      const rows = await db.all(entriesOf, { ...inbox, after, limit: INBOX_SIZE })
      return rows.toReversed().map((row) => storedEntry(row.entry_id, row.received_at, row.notification))
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
    close: (inbox) =>
      db.transaction(async (tx) => {
        if ((await tx.run(deleteOpened, inbox)) === 0) return false
        await tx.run(eraseInbox, inbox)
        return true
      }),
  }
}

/** Erases all inboxes of a closed account. */
export async function forgetInboxesOf(tx: Queries, userId: string): Promise<void> {
  await tx.run(deleteOpenedOf, { userId })
  await tx.run(eraseUser, { userId })
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

/** Newest first. */
export const entriesOf = query<InboxKey & { after: number; limit: number }>()((db, p) =>
  db
    .selectFrom('inbox')
    .select(['entry_id', 'received_at', 'notification'])
    .where('user_id', '=', p.userId)
    .where('pushkey', '=', p.pushkey)
    .where('entry_id', '>', p.after)
    .orderBy('entry_id', 'desc')
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
  db.deleteFrom('inbox').where('user_id', '=', p.userId).where('pushkey', '=', p.pushkey),
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
