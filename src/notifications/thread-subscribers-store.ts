import { sql } from 'kysely'
import type { EventId } from '../lib/ids.ts'
import { type Event, MAIN_THREAD } from '../lib/matrix-event.ts'
import type { RuleSettings } from '../push-rules/index.ts'
import { type Queries, query } from '../storage/query.ts'

/**
 * The users with a subscription to the thread of an event (MSC4306). No query for an event outside of
 * threads, or without the setting.
 */
export async function subscribersOf(
  { experimental }: RuleSettings,
  q: Queries,
  { threadId }: Pick<Event, 'threadId'>,
): Promise<ReadonlySet<string> | undefined> {
  if (experimental?.threadSubscriptions !== true || threadId === MAIN_THREAD) return undefined
  const rows = await q.all(threadSubscribers, { root: threadId as EventId })
  return new Set(rows.map((row) => row.user_id))
}

export const threadSubscribers = query<{ root: EventId }>()((db, p) =>
  db
    .selectFrom('thread_subscriptions')
    .select('user_id')
    .where('root', '=', p.root)
    // A literal: neither database uses a partial index for a bound parameter.
    .where('subscribed', '=', sql.lit(1)),
)
