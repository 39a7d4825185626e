import type { Bus } from '../cluster/bus.ts'
import { createRecentEvents, type RecentEvents } from '../delivery/recent-events.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { RuleSettings } from '../push-rules/index.ts'
import type { Trace } from '../trace/trace.ts'
import type { BadgeMeaning } from './badge.ts'
import { createMemberNames, type MemberNames } from './member-names.ts'
import { createMemberRules, type MemberRules } from './member-rules.ts'

type Parts = RuleSettings & {
  clock: Clock
  bus: Bus
  log: Log
  trace: Trace
  /** What the badge counts. Default: rooms. */
  badge?: BadgeMeaning
  /** Counts evaluations that threw. */
  ruleFaults?: { inc(): void }
  /** Counts evaluations that stopped at their bound. */
  ruleCuts?: { inc(by: number): void }
}

export type NotificationDeps = Parts & {
  memberRules: MemberRules
  memberNames: MemberNames
  recentEvents: RecentEvents
}

/**
 * Makes the dependencies for one database. The cache of member rules has the ids of that database as keys, so
 * databases must not share it.
 */
export function notificationDeps(parts: Parts): NotificationDeps {
  const { log, ruleFaults, legacyMentionRules, experimental } = parts
  const memberRules = createMemberRules({
    settings: { legacyMentionRules, experimental },
    onFault: (userId, error) => {
      ruleFaults?.inc()
      log.error(
        { err: error, user_id: userId },
        'cannot read the push rules of a user; the default rules apply',
      )
    },
  })
  return { ...parts, memberRules, memberNames: createMemberNames(), recentEvents: createRecentEvents() }
}
