import { makeVapidKey, readVapidKey, type VapidKey } from '../gateway/webpush/credentials.ts'
import type { Database } from '../storage/database.ts'
import { query } from '../storage/query.ts'

const VAPID = 'vapid'

/**
 * The VAPID key of this server. It is created at the first start and stored in the database: one key for all processes, and in every
 * back-up. With another key all subscriptions would be lost.
 */
export async function serverVapidKey(db: Database, now: number): Promise<VapidKey> {
  const found = await db.first(serverKey, { name: VAPID })
  if (found !== undefined) return readVapidKey(found.secret)
  const { pem } = makeVapidKey()
  await db.transaction((tx) => tx.run(keepServerKey, { name: VAPID, secret: pem, now }))
  // Another process may have created the key at the same time.
  return serverVapidKey(db, now)
}

export const serverKey = query<{ name: string }>()((db, p) =>
  db.selectFrom('server_keys').select('secret').where('name', '=', p.name),
)

export const keepServerKey = query<{ name: string; secret: string; now: number }>()((db, p) =>
  db
    .insertInto('server_keys')
    .values({ name: p.name, secret: p.secret, created_at: p.now })
    .onConflict((conflict) => conflict.column('name').doNothing()),
)
