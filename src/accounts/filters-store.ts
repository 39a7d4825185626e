import type { UserId } from '../lib/ids.ts'
import { sql } from 'kysely'
import { query } from '../storage/query.ts'

export const insertFilter = query<{ userId: UserId; filterId: string; definition: string }>()((db, p) =>
  db
    .insertInto('filters')
    .values({ user_id: p.userId, filter_id: p.filterId, definition: p.definition })
    .onConflict((conflict) => conflict.columns(['user_id', 'filter_id']).doNothing()),
)

export const filterById = query<{ userId: UserId; filterId: string }>()((db, p) =>
  db
    .selectFrom('filters')
    .select('definition')
    .where('user_id', '=', p.userId)
    .where('filter_id', '=', p.filterId),
)

export const filterUsage = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('filters')
    .select([
      sql<number>`count(*)`.as('count'),
      sql<number>`coalesce(sum(octet_length(definition)), 0)`.as('bytes'),
    ])
    .where('user_id', '=', p.userId),
)

export const deleteFilters = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('filters').where('user_id', '=', p.userId),
)
