import { claim } from '../../src/sending/lane-store.ts'
import type { Database } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'

/** A database that records the ids of the lanes that each claim leases. */
export function watchClaims(db: Database) {
  const claimed: number[] = []
  const watched: Database = {
    ...db,
    transaction: (work, options) =>
      db.transaction(
        (tx) =>
          work({
            ...tx,
            async all(statement, params) {
              const rows = await tx.all(statement, params)
              if ((statement as unknown) === claim)
                claimed.push(...(rows as { lane_id: number }[]).map((row) => row.lane_id))
              return rows
            },
          }),
        options,
      ),
  }
  return { claimed, db: watched }
}

const leaseAll = query<{ until: number }>()((db, p) =>
  db.updateTable('lanes').set({ lease_owner: 'killed', lease_until: p.until }),
)

/** All lanes are leased by a process that was killed. */
export const leaseByKilledProcess = (db: Database, until: number): Promise<void> =>
  db.transaction(async (tx) => void (await tx.run(leaseAll, { until })))
