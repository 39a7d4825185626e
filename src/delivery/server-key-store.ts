import { makeVapidKey, readVapidKey, type VapidKey } from '../gateway/webpush/credentials.ts'
import type { Database } from '../storage/database.ts'
import { query } from '../storage/query.ts'

const VAPID = 'vapid'

/**
 * The key by which push services of browsers know this server. It is made at the first start and kept in the database: one for
 * all processes, and in every backup, for with another key all subscriptions are lost.
 */
export async function serverVapidKey(db: Database, now: number): Promise<VapidKey> {
  const found = await db.first(serverKey, { name: VAPID })
  if (found !== undefined) return readVapidKey(found.secret)
  const { pem } = makeVapidKey()
  await db.transaction((tx) => tx.run(keepServerKey, { name: VAPID, secret: pem, now }))
  // Another process may have been first.
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
