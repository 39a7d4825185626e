import { query } from '../storage/query.ts'

// The secrets of the server by their names. All processes on the database have the same ones.

export const serverKey = query<{ name: string }>()((db, p) =>
  db.selectFrom('server_keys').select('secret').where('name', '=', p.name),
)

export const keepServerKey = query<{ name: string; secret: string; now: number }>()((db, p) =>
  db
    .insertInto('server_keys')
    .values({ name: p.name, secret: p.secret, created_at: p.now })
    .onConflict((conflict) => conflict.column('name').doNothing()),
)
