import { sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

export const deleteWords = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('user_words').where('user_id', '=', p.userId),
)

export const insertWords = query<{ userId: UserId; words: readonly string[] }>()((db, p, d) =>
  db
    .insertInto('user_words')
    .columns(['user_id', 'word'])
    .expression((eb) =>
      eb
        .selectFrom(sql<{ value: string }>`${d.list(p.words)}`.as('w'))
        .select([sql<UserId>`${d.text(p.userId)}`.as('user_id'), 'w.value as word']),
    ),
)

export const markListed = query<{ userId: UserId }>()((db, p) =>
  db.updateTable('users').set({ is_listed: 1 }).where('user_id', '=', p.userId).where('is_listed', '=', 0),
)

/**
 * Marks active users whose words are not stored, and returns them. The constant lets both databases use the
 * partial index.
 */
export const markNextListed = query<{ limit: number }>()((db, p) =>
  db
    .updateTable('users')
    .set({ is_listed: 1 })
    .where('is_listed', '=', sql.lit<0>(0))
    .where('user_id', 'in', (eb) =>
      eb
        .selectFrom('users as u')
        .select('u.user_id')
        .where('u.is_listed', '=', sql.lit<0>(0))
        .where('u.deactivated_at', 'is', null)
        .orderBy('u.user_id')
        .limit(p.limit),
    )
    .returning(['user_id', 'displayname']),
)
