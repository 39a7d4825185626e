import type { Database } from './database.ts'
import { query } from './query.ts'

// Whether a database takes what is written again. A small write proves nothing about a full disk: SQLite finds room for it in
// pages that are there.

/** More than the largest event. */
const PROBE_BYTES = 128 * 1024
/** Beside the keys, which are few. */
const NAME = 'storage-probe'

/** Resolves when the database has taken as much as the largest event needs; what was written is removed again. */
export async function proveSpace(db: Pick<Database, 'transaction'>): Promise<void> {
  const filler = 'x'.repeat(PROBE_BYTES)
  await db.transaction(
    async (tx) => {
      // A process that died in between has left one.
      await tx.run(removeProbe, { name: NAME })
      await tx.run(writeProbe, { name: NAME, filler, now: Date.now() })
    },
    { durably: false },
  )
  await db.transaction((tx) => tx.run(removeProbe, { name: NAME }), { durably: false })
}

export const writeProbe = query<{ name: string; filler: string; now: number }>()((db, p) =>
  db.insertInto('server_keys').values({ name: p.name, secret: p.filler, created_at: p.now }),
)

export const removeProbe = query<{ name: string }>()((db, p) =>
  db.deleteFrom('server_keys').where('name', '=', p.name),
)
