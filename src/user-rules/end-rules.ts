import { startAlarm } from '../lib/alarm.ts'
import type { Log } from '../lib/log.ts'
import { nextPosition } from '../storage/stream.ts'
import { announceRules, type RuleChangeDeps } from './change-rules.ts'
import { deleteEmptyHandles } from './rule-handles-store.ts'
import { deleteEndedRules, endedRules, nextRuleEnd } from './rule-ends-store.ts'

// Removes push rules at their end (`org.belfry.until`). A rule does not match events from its end on, whether
// it is removed or not: the removal shows the end to clients, in /sync and in GET /pushrules/.

type EndDeps = Pick<RuleChangeDeps, 'db' | 'bus' | 'clock' | 'onRulesChanged'>

const BATCH_SIZE = 20

/** Removes all rules that have ended. Resolves to the number removed. Several processes can run it at the same time. */
export async function endRules(deps: EndDeps): Promise<number> {
  let ended = 0
  for (;;) {
    const found = await endSome(deps)
    if (found === 0) return ended
    ended += found
  }
}

/** Each user's change is like one of a client: a stream position, new versions of the rules, a wake-up of the syncs. */
async function endSome(deps: EndDeps): Promise<number> {
  const now = deps.clock.now()
  const due = await deps.db.all(endedRules, { now, limit: BATCH_SIZE })
  let ended = 0
  for (const userId of new Set(due.map((row) => row.user_id)))
    ended += await deps.db.transaction(
      async (tx) => {
        // Another process may have removed the rules by now.
        const removed = await tx.run(deleteEndedRules, { userId, now })
        if (removed === 0) return 0
        await tx.run(deleteEmptyHandles, { userId })
        await announceRules(deps, tx, { userId, position: await nextPosition(tx) })
        return removed
      },
      { orderedBy: userId, inAllShards: true },
    )
  return ended
}

/** Removes rules that have ended at the start, and then each rule at its end, until it is disposed of. */
export function startRuleEnder(deps: EndDeps & { log: Log }): AsyncDisposable {
  const { db, bus } = deps
  return startAlarm(deps, {
    of: 'ends of push rules',
    run: () => endRules(deps),
    next: async () => (await db.first(nextRuleEnd, {}))?.ends_at ?? undefined,
    onChange: (wake) => bus.subscribe(['rule ends'], wake),
  })
}
