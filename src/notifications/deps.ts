import type { Bus } from '../cluster/bus.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { RuleSettings } from '../push-rules/index.ts'
import type { Trace } from '../trace/trace.ts'
import type { BadgeMeaning } from './badge.ts'
import { createMemberRules, type MemberRules } from './member-rules.ts'

type Parts = RuleSettings & {
  clock: Clock
  bus: Bus
  log: Log
  trace: Trace
  /** What the badge counts: rooms unless it says otherwise. */
  badge?: BadgeMeaning
  /** Counts the evaluations that threw. */
  ruleFaults?: { inc(): void }
  /** Counts the evaluations that were cut at their bound. */
  ruleCuts?: { inc(by: number): void }
}

export type NotificationDeps = Parts & { memberRules: MemberRules }

/** For one database: what is kept of the members' rules is known by the ids of rooms and users there. */
export function notificationDeps(parts: Parts): NotificationDeps {
  const { log, ruleFaults, legacyMentionRules, experimental } = parts
  const memberRules = createMemberRules({
    settings: { legacyMentionRules, experimental },
    onFault: (userId, error) => {
      ruleFaults?.inc()
      log.error(
        { err: error, user_id: userId },
        'push rules of a user could not be read; the default ones hold',
      )
    },
  })
  return { ...parts, memberRules }
}
