import { sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import type { PrefixRange } from '../lib/words.ts'
import { query } from '../storage/query.ts'

type Search = {
  low: string
  /** The first word, and its user, after the range. */
  high: string
  highUser: string
  /** The prefixes of further words that a user must have. */
  others: readonly PrefixRange[]
  asker: UserId
  /** 1: all users; 0: those who share a room with the asker, or are in a room that everyone can join or read. */
  isOfAll: 0 | 1
  limit: number
}

/**
 * Active users with a word in the range, and one in each further range, without the asker and the users that
 * the asker ignores. In the order of their first word in the range, so the index returns them in order.
 */
export const usersByWords = query<Search>()((db, p, d) => {
  const others = d.rows(p.others, { low: 'text', high: 'text' })
  const hasEarlierWord = sql`exists (select 1 from user_words as f
    where f.user_id = w.user_id and f.word >= ${p.low} and f.word < w.word)`
  const lacksOther = sql`exists (select 1 from ${others} as o where not exists (select 1 from user_words as x
    where x.user_id = w.user_id and x.word >= o.low and x.word < o.high))`
  const isVisible = sql<boolean>`exists (select 1 from memberships as t
    join rooms as r on r.room_id = t.room_id
    where t.user_id = w.user_id and t.membership = 'join'
      and (r.join_rule = 'public' or r.history_visibility = 'world_readable'
        or exists (select 1 from memberships as a
          where a.room_id = t.room_id and a.user_id = ${p.asker} and a.membership = 'join')))`
  return db
    .selectFrom('user_words as w')
    .innerJoin('users as u', 'u.user_id', 'w.user_id')
    .select(['u.user_id', 'u.displayname', 'u.avatar_url'])
    .where('w.word', '>=', p.low)
    .where(sql<boolean>`(w.word, w.user_id) < (${p.high}, ${p.highUser})`)
    .where('w.user_id', '<>', p.asker)
    .where('u.deactivated_at', 'is', null)
    .where(sql<boolean>`not ${hasEarlierWord}`)
    .where(sql<boolean>`not ${lacksOther}`)
    .where(
      sql<boolean>`not exists (select 1 from ignored_users as i where i.user_id = ${p.asker} and i.ignored = w.user_id)`,
    )
    .where((eb) => eb.or([sql<boolean>`${d.integer(p.isOfAll)} = 1`, isVisible]))
    .orderBy('w.word')
    .orderBy('w.user_id')
    .limit(p.limit)
})

/** The entry of a range after the first `skip` ones, in the order of `usersByWords`. */
export const entryInRange = query<PrefixRange & { skip: number }>()((db, p) =>
  db
    .selectFrom('user_words')
    .select(['word', 'user_id'])
    .where('word', '>=', p.low)
    .where('word', '<', p.high)
    .orderBy('word')
    .orderBy('user_id')
    .limit(1)
    .offset(p.skip),
)
