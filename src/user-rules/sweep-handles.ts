import type { Log } from '../lib/log.ts'
import { DAY_MS, startSweeper, sweepAll } from '../lib/sweeper.ts'
import { removeDeviceRules, type RuleChangeDeps } from './change-rules.ts'
import { unheldAmong, unheldHandles, updateUnheldHandles } from './rule-handles-store.ts'

const BATCH_SIZE = 20

/** Removes the rules of handles that no pusher has held for `retentionMs`. Resolves to the number of handles. */
export function sweepHandles(deps: RuleChangeDeps, retentionMs: number): Promise<number> {
  return sweepAll({ atOnce: BATCH_SIZE, sweep: () => sweepSome(deps, retentionMs) })
}

/** Sweeps at the start and then once a day, until it is disposed of. */
export function startHandleSweeper(
  deps: RuleChangeDeps & { log: Log },
  retentionDays: number,
): AsyncDisposable {
  return startSweeper(deps, {
    of: 'push rules of abandoned handles',
    everyMs: DAY_MS,
    atOnce: BATCH_SIZE,
    sweep: () => sweepSome(deps, retentionDays * DAY_MS),
  })
}

async function sweepSome(deps: RuleChangeDeps, retentionMs: number): Promise<number> {
  const before = deps.clock.now() - retentionMs
  const abandoned = await deps.db.all(unheldHandles, { before, limit: BATCH_SIZE })
  for (const [userId, rows] of Map.groupBy(abandoned, (row) => row.user_id))
    await deps.db.transaction(
      async (tx) => {
        const found = rows.map((row) => row.handle)
        // A pusher may have got a handle since, or at the same moment when another one lost it.
        await tx.run(updateUnheldHandles, { userId, now: deps.clock.now() })
        const handles = (await tx.all(unheldAmong, { userId, handles: found, before })).map(
          (row) => row.handle,
        )
        if (handles.length > 0) await removeDeviceRules(deps, tx, { userId, handles })
      },
      { orderedBy: userId, inAllShards: true },
    )
  return abandoned.length
}
