import type { UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

/** The time of the next end of a rule; null: no rule has an end. */
export const nextRuleEnd = query()((db) =>
  db
    .selectFrom('push_rules')
    .select('ends_at')
    .where('ends_at', 'is not', null)
    .where('digest_at', 'is', null)
    .orderBy('ends_at')
    .limit(1),
)

/** Rules that have ended and need no digest any more, in order of their ends. */
export const endedRules = query<{ now: number; limit: number }>()((db, p) =>
  db
    .selectFrom('push_rules')
    .select('user_id')
    .where('ends_at', 'is not', null)
    .where('digest_at', 'is', null)
    .where('ends_at', '<=', p.now)
    .orderBy('ends_at')
    .limit(p.limit),
)

export const deleteEndedRules = query<{ userId: UserId; now: number }>()((db, p) =>
  db
    .deleteFrom('push_rules')
    .where('user_id', '=', p.userId)
    .where('ends_at', '<=', p.now)
    .where('digest_at', 'is', null),
)
