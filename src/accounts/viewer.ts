import { sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { type Queries, query } from '../storage/query.ts'

/** What each /sync needs to know of its user. */
export type ViewerFacts = {
  /** The position of the last change of their push rules; 0: there was none. */
  rulesVersion: number
  /** Whom they ignore. */
  ignored: ReadonlySet<string>
}

/** Read in one statement: a message that wakes thousands of members costs each of them all the statements of a sync. */
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
