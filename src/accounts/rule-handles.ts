import type { Log } from '../lib/log.ts'
import { removeDeviceRules, type RuleChangeDeps } from './change-rules.ts'
import { abandonedHandles } from './rule-handles-store.ts'

const DAY_MS = 24 * 60 * 60_000
/** A transaction that removes no more than this keeps nobody waiting. */
const AT_ONCE = 20

/**
 * Removes the rules of handles that no pusher has held for `retentionMs`: the app they belonged to is not coming back.
 * Resolves to the number of handles.
 */
export async function sweepHandles(deps: RuleChangeDeps, retentionMs: number): Promise<number> {
  const before = deps.clock.now() - retentionMs
  let swept = 0
  for (;;) {
    const found = await deps.db.transaction(async (tx) => {
      const abandoned = await tx.all(abandonedHandles, { before, limit: AT_ONCE })
      for (const [userId, rows] of Map.groupBy(abandoned, (row) => row.user_id))
        await removeDeviceRules(deps, tx, { userId, handles: rows.map((row) => row.handle) })
      return abandoned.length
    })
    swept += found
    if (found < AT_ONCE) return swept
  }
}

/** Sweeps now and then once a day, until it is disposed of. */
export function startHandleSweeper(
  deps: RuleChangeDeps & { log: Log },
  retentionDays: number,
): AsyncDisposable {
  const ending = new AbortController()
  const sweepDaily = async () => {
    while (!ending.signal.aborted) {
      try {
        const swept = await sweepHandles(deps, retentionDays * DAY_MS)
        if (swept > 0) deps.log.info({ handles: swept }, 'push rules of abandoned handles were removed')
      } catch (error) {
        deps.log.error({ err: error }, 'push rules of abandoned handles could not be removed')
      }
      await deps.clock.sleep(DAY_MS, ending.signal)
    }
  }
  const running = sweepDaily()
  return {
    async [Symbol.asyncDispose]() {
      ending.abort()
      await running
    },
  }
}
