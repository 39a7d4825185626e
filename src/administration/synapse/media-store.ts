import { type OrderByDirection, sql } from 'kysely'
import type { UserId } from '../../lib/ids.ts'
import { type Dialect, type Params, query } from '../../storage/query.ts'
import type { QueryBuilder } from '../../storage/query-builder.ts'

// Queries of the list of a user's files in the admin API.

export type MediaListParams = Params & { userId: UserId; orderBy: string; limit: number; from: number }

const uploaded = (db: QueryBuilder, userId: UserId) =>
  // Without content: the id was created, and nothing is uploaded yet.
  db.selectFrom('media as m').where('m.user_id', '=', userId).where('m.content_hash', 'is not', null)

const listed = (direction: OrderByDirection) => (db: QueryBuilder, p: MediaListParams, d: Dialect) =>
  uploaded(db, p.userId)
    .leftJoin('media_blocked as b', 'b.content_hash', 'm.content_hash')
    .select([
      'm.media_id',
      'm.content_type',
      'm.filename',
      'm.size',
      'm.created_at',
      'm.last_read_at',
      'b.blocked_at',
    ])
    .orderBy(
      sql`case ${d.text(p.orderBy)} when 'media_id' then m.media_id when 'upload_name' then coalesce(m.filename, '')
        when 'media_type' then m.content_type else '' end`,
      direction,
    )
    .orderBy(
      sql`case ${d.text(p.orderBy)} when 'created_ts' then m.created_at when 'last_access_ts' then coalesce(m.last_read_at, 0)
        when 'media_length' then m.size when 'quarantined_by' then (case when b.blocked_at is null then 0 else 1 end)
        else 0 end`,
      direction,
    )
    .orderBy('m.media_id')
    .limit(p.limit)
    .offset(p.from)

export const mediaAscending = query<MediaListParams>()(listed('asc'))
export const mediaDescending = query<MediaListParams>()(listed('desc'))

export const countMediaOf = query<{ userId: UserId }>()((db, p) =>
  uploaded(db, p.userId).select((eb) => eb.fn.countAll<number>().as('count')),
)
