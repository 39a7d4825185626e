import type { Bus } from '../cluster/bus.ts'
import type { Database } from '../storage/database.ts'
import { query } from '../storage/query.ts'
import type { InboxEntry, InboxStore, StoredEntry } from './inbox.ts'
import { deviceKeyOf } from './keys.ts'
import type { Notification } from './notification.ts'

/** How many notifications of a pushkey are kept. */
export const INBOX_SIZE = 100

const topicOf = (pushkey: string) => `inbox:${deviceKeyOf({ app_id: '', pushkey })}` as const

/** Keeps inboxes in the database. What no longer fits goes in the transaction that adds the new one. */
export function makeInboxStore({ db, bus }: { db: Database; bus: Bus }): InboxStore {
  return {
    async add(pushkey: string, { notification, received_at: receivedAt }: InboxEntry) {
      await db.transaction(async (tx) => {
        await tx.run(addEntry, { pushkey, receivedAt, notification: JSON.stringify(notification) })
        await tx.run(trimInbox, { pushkey, kept: INBOX_SIZE })
        tx.onCommit(() => bus.publish(topicOf(pushkey)))
      })
    },
    async list(pushkey, after = 0) {
      const rows = await db.all(entriesOf, { pushkey, after, limit: INBOX_SIZE })
      return rows.map((row): StoredEntry => ({
        id: row.entry_id,
        received_at: row.received_at,
        notification: JSON.parse(row.notification) as Notification,
      }))
    },
    listen: (pushkey, listener) => bus.subscribe([topicOf(pushkey)], listener),
  }
}

export const addEntry = query<{ pushkey: string; receivedAt: number; notification: string }>()((db, p) =>
  db
    .insertInto('inbox')
    .values({ pushkey: p.pushkey, received_at: p.receivedAt, notification: p.notification }),
)

export const trimInbox = query<{ pushkey: string; kept: number }>()((db, p) =>
  db
    .deleteFrom('inbox')
    .where('pushkey', '=', p.pushkey)
    .where('entry_id', '<=', (eb) =>
      eb
        .selectFrom('inbox as i')
        .select('i.entry_id')
        .where('i.pushkey', '=', p.pushkey)
        .orderBy('i.entry_id', 'desc')
        .limit(1)
        .offset(p.kept),
    ),
)

/** Newest last. */
export const entriesOf = query<{ pushkey: string; after: number; limit: number }>()((db, p) =>
  db
    .selectFrom('inbox')
    .select(['entry_id', 'received_at', 'notification'])
    .where('pushkey', '=', p.pushkey)
    .where('entry_id', '>', p.after)
    .orderBy('entry_id')
    .limit(p.limit),
)
