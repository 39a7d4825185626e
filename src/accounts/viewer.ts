import { sql } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import { type Queries, query } from '../storage/query.ts'

/** Account data as it is stored; `room_id` is '' for the account. */
export type AccountDataRow = { room_id: RoomId | ''; type: string; content: string }

/** The facts about its user that each /sync needs. */
export type ViewerFacts = {
  /** The stream position of the last change of their push rules; 0: no change yet. */
  rulesVersion: number
  /** The users that they ignore. */
  ignored: ReadonlySet<string>
  /** The account data that changed after the requested position, in stream order. */
  accountData: AccountDataRow[]
}

/**
 * Reads everything in one statement: a message that wakes thousands of members runs all statements of a sync for each
 * of them.
 */
export async function viewerFacts(q: Queries, userId: UserId, since: number): Promise<ViewerFacts> {
  const facts: { rulesVersion: number; ignored: Set<string>; accountData: AccountDataRow[] } = {
    rulesVersion: 0,
    ignored: new Set(),
    accountData: [],
  }
  for (const { fact, room_id, type, value } of await q.all(factsOfViewer, { userId, since })) {
    if (fact === 'rules') facts.rulesVersion = Number(value)
    else if (fact === 'ignored') facts.ignored.add(value)
    else facts.accountData.push({ room_id, type, content: value })
  }
  return facts
}

const NO_ROOM = sql<RoomId | ''>`''`

export const factsOfViewer = query<{ userId: UserId; since: number }>()((db, p) =>
  db
    .selectFrom('account_data')
    .select([sql.lit('data').as('fact'), 'room_id', 'type', 'content as value', 'position'])
    .where('user_id', '=', p.userId)
    .where('position', '>', p.since)
    .unionAll(
      db
        .selectFrom('ignored_users')
        .select([
          sql.lit('ignored').as('fact'),
          NO_ROOM.as('room_id'),
          sql<string>`''`.as('type'),
          'ignored as value',
          sql<number>`0`.as('position'),
        ])
        .where('user_id', '=', p.userId),
    )
    .unionAll(
      db
        .selectFrom('rule_sets')
        .select([
          sql.lit('rules').as('fact'),
          NO_ROOM.as('room_id'),
          sql<string>`''`.as('type'),
          sql<string>`cast(version as text)`.as('value'),
          sql<number>`0`.as('position'),
        ])
        .where('user_id', '=', p.userId),
    )
    .orderBy('position'),
)
