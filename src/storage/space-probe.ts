import type { Database } from './database.ts'
import { query } from './query.ts'

// Checks whether a database accepts writes again. A small write proves nothing about a full disk, because
// SQLite can place it in existing pages.

/** Larger than the largest event. */
const PROBE_BYTES = 128 * 1024
/** A name that no key of the server has. */
const NAME = 'storage-probe'

/** Resolves when the database has stored as much data as the largest event needs. The data is removed again. */
export async function checkSpace(db: Pick<Database, 'transaction'>): Promise<void> {
  const filler = 'x'.repeat(PROBE_BYTES)
  await db.transaction(
    async (tx) => {
      // A process that died in between may have left a row.
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
