import type { Database } from '../../src/storage/database.ts'
import { removeProbe, writeProbe } from '../../src/storage/space-probe.ts'
import { LOG_BYTES } from '../../src/storage/sqlite-checkpoints.ts'

/** The bytes of each row. */
const FILLER = 'x'.repeat(256 * 1024)
const FILLERS = LOG_BYTES / FILLER.length + 1

/** One transaction that writes more to SQLite's write-ahead log than the log holds before a checkpoint is due. */
export async function fillLog(db: Pick<Database, 'transaction'>, times = 1): Promise<void> {
  const names = Array.from({ length: times * FILLERS }, (_, at) => `filler-${at}`)
  await db.transaction(
    async (tx) => {
      for (const name of names) await tx.run(removeProbe, { name })
      for (const name of names) await tx.run(writeProbe, { name, filler: FILLER, now: 0 })
    },
    { durably: false },
  )
}
