import type { UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'
import type { RuleKey } from './rules-store.ts'

// The times at which rules with a digest sum up the events that they have held back.

/** The time of the next digest; no row: there is none. */
export const nextDigest = query()((db) =>
  db
    .selectFrom('push_rules')
    .select('digest_at')
    .where('digest_at', 'is not', null)
    .orderBy('digest_at')
    .limit(1),
)

export const dueDigests = query<{ now: number; limit: number }>()((db, p) =>
  db
    .selectFrom('push_rules')
    .select(['user_id', 'scope', 'kind', 'rule_id', 'digest_at', 'digest_from', 'digest_seen'])
    .where('digest_at', 'is not', null)
    .where('digest_at', '<=', p.now)
    .orderBy('digest_at')
    .limit(p.limit),
)

export const digestsOfUser = query<{ userId: UserId }>()((db, p) =>
  db.selectFrom('push_rules').selectAll().where('user_id', '=', p.userId).where('digest', '=', 1),
)

export const digestCount = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('push_rules')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('user_id', '=', p.userId)
    .where('digest', '=', 1),
)

/** Sets the next digest of a rule. Of several processes that send the one at `due`, one changes the row. */
export const moveDigest = query<
  RuleKey & { due: number; next: number | null; from: number; seen: string | null }
>()((db, p) =>
  db
    .updateTable('push_rules')
    .set({ digest_at: p.next, digest_from: p.from, digest_seen: p.seen })
    .where('user_id', '=', p.userId)
    .where('scope', '=', p.scope)
    .where('kind', '=', p.kind)
    .where('rule_id', '=', p.ruleId)
    .where('digest_at', '=', p.due),
)

export const rescheduleDigest = query<RuleKey & { next: number | null }>()((db, p) =>
  db
    .updateTable('push_rules')
    .set({ digest_at: p.next })
    .where('user_id', '=', p.userId)
    .where('scope', '=', p.scope)
    .where('kind', '=', p.kind)
    .where('rule_id', '=', p.ruleId),
)
