import { sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { type Queries, query } from '../storage/query.ts'

/** The facts about its user that each /sync needs. */
export type ViewerFacts = {
  /** The stream position of the last change of their push rules; 0: no change yet. */
  rulesVersion: number
  /** The users that they ignore. */
  ignored: ReadonlySet<string>
}

/**
 * Reads everything in one statement: a message that wakes thousands of members runs all statements of a sync for each
 * of them.
 */
export async function viewerFacts(q: Queries, userId: UserId): Promise<ViewerFacts> {
  const rows = await q.all(factsOfViewer, { userId })
  return {
    rulesVersion: Number(rows.find(({ fact }) => fact === 'rules')?.value ?? 0),
    ignored: new Set(rows.filter(({ fact }) => fact === 'ignored').map(({ value }) => value)),
  }
}

export const factsOfViewer = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('ignored_users')
    .select([sql.lit('ignored').as('fact'), sql<string>`ignored`.as('value')])
    .where('user_id', '=', p.userId)
    .unionAll(
      db
        .selectFrom('rule_sets')
        .select([sql.lit('rules').as('fact'), sql<string>`cast(version as text)`.as('value')])
        .where('user_id', '=', p.userId),
    ),
)
