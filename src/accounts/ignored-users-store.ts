import { sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

/** The users that a user ignores. */
export const ignoredUsers = query<{ userId: UserId }>()((db, p) =>
  db.selectFrom('ignored_users').select('ignored').where('user_id', '=', p.userId),
)

export const deleteIgnored = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('ignored_users').where('user_id', '=', p.userId),
)

export const insertIgnored = query<{ userId: UserId; ignored: readonly string[] }>()((db, p, d) =>
  db
    .insertInto('ignored_users')
    .columns(['user_id', 'ignored'])
    .expression((eb) =>
      eb
        .selectFrom(sql<{ value: string }>`${d.list(p.ignored)}`.as('i'))
        .select([sql<UserId>`${d.text(p.userId)}`.as('user_id'), 'i.value as ignored']),
    ),
)
