import { type QueryCreator, sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'
import type { Schema } from '../storage/schema.ts'

// Queries of `belfry media`. They may read whole tables.

/** The number and size of all media, of stored contents and of thumbnails. */
export const totals = query()((db) =>
  db.selectNoFrom((eb) => [
    eb
      .selectFrom('media')
      .select((inner) => inner.fn.countAll<number>().as('n'))
      .where('content_hash', 'is not', null)
      .as('media'),
    eb
      .selectFrom('media')
      .select(sql<number>`coalesce(sum(size), 0)`.as('n'))
      .as('media_bytes'),
    eb
      .selectFrom('media_contents')
      .select((inner) => inner.fn.countAll<number>().as('n'))
      .as('contents'),
    eb
      .selectFrom('media_contents')
      .select(sql<number>`coalesce(sum(size), 0)`.as('n'))
      .as('content_bytes'),
    eb
      .selectFrom('media_thumbnails')
      .select((inner) => inner.fn.countAll<number>().as('n'))
      .where('blob_key', '<>', sql.lit(''))
      .as('thumbnails'),
    eb
      .selectFrom('media_thumbnails')
      .select(sql<number>`coalesce(sum(size), 0)`.as('n'))
      .where('blob_key', '<>', sql.lit(''))
      .as('thumbnail_bytes'),
    eb
      .selectFrom('media_blocked')
      .select((inner) => inner.fn.countAll<number>().as('n'))
      .as('blocked'),
  ]),
)

export const largestUsers = query<{ limit: number }>()((db, p) =>
  db
    .selectFrom('media_usage')
    .select(['user_id', 'files', 'bytes'])
    .orderBy('bytes', 'desc')
    .orderBy('user_id')
    .limit(p.limit),
)

const LISTED = [
  'media.media_id',
  'media.user_id',
  'media.content_type',
  'media.filename',
  'media.size',
  'media.created_at',
  'media.last_read_at',
  'media_blocked.blocked_at',
] as const

export const largestMedia = query<{ limit: number }>()((db, p) => largest(db).limit(p.limit))

/** The same of one user. */
export const largestMediaOf = query<{ userId: UserId; limit: number }>()((db, p) =>
  largest(db).where('media.user_id', '=', p.userId).limit(p.limit),
)

function largest(db: QueryCreator<Schema>) {
  return db
    .selectFrom('media')
    .leftJoin('media_blocked', 'media_blocked.content_hash', 'media.content_hash')
    .select(LISTED)
    .where('media.content_hash', 'is not', null)
    .orderBy('media.size', 'desc')
    .orderBy('media.media_id')
}

type Unread = { before: number; readBefore: number }

/**
 * Media that were uploaded before `before` and not downloaded at `readBefore` or later, by id. With 0 as
 * `readBefore` they were never downloaded.
 */
export const unreadMedia = query<Unread & { after: string; limit: number }>()((db, p) =>
  db
    .selectFrom('media')
    .select(['media_id', 'size'])
    .where('content_hash', 'is not', null)
    .where('created_at', '<', p.before)
    .where((eb) => eb.or([eb('last_read_at', 'is', null), eb('last_read_at', '<', p.readBefore)]))
    .where('media_id', '>', p.after)
    .orderBy('media_id')
    .limit(p.limit),
)

/** Resolves to the removed rows: those of `mediaIds` that are as `unreadMedia` selects them. */
export const deleteUnread = query<Unread & { mediaIds: readonly string[] }>()((db, p, d) =>
  db
    .deleteFrom('media')
    .where('media_id', 'in', d.list(p.mediaIds))
    .where('content_hash', 'is not', null)
    .where('created_at', '<', p.before)
    .where((eb) => eb.or([eb('last_read_at', 'is', null), eb('last_read_at', '<', p.readBefore)]))
    .returning(['media_id', 'user_id', 'content_hash', 'size']),
)

/** Resolves to the removed rows. */
export const deleteMedia = query<{ mediaIds: readonly string[] }>()((db, p, d) =>
  db
    .deleteFrom('media')
    .where('media_id', 'in', d.list(p.mediaIds))
    .where('content_hash', 'is not', null)
    .returning(['media_id', 'user_id', 'content_hash', 'size']),
)

/** Resolves to the removed rows. */
export const deleteMediaOfContent = query<{ contentHash: string }>()((db, p) =>
  db
    .deleteFrom('media')
    .where('content_hash', '=', p.contentHash)
    .returning(['user_id', 'content_hash', 'size']),
)

/** Changes no row if it is blocked already. */
export const insertBlocked = query<{ contentHash: string; now: number }>()((db, p) =>
  db
    .insertInto('media_blocked')
    .values({ content_hash: p.contentHash, blocked_at: p.now })
    .onConflict((conflict) => conflict.doNothing()),
)

export const deleteBlocked = query<{ contentHash: string }>()((db, p) =>
  db.deleteFrom('media_blocked').where('content_hash', '=', p.contentHash),
)

/** The newest first. `size` and `uses` are null if it is not stored. */
export const blockedContents = query<{ limit: number }>()((db, p) =>
  db
    .selectFrom('media_blocked')
    .leftJoin('media_contents', 'media_contents.content_hash', 'media_blocked.content_hash')
    .select([
      'media_blocked.content_hash',
      'media_blocked.blocked_at',
      'media_contents.size',
      'media_contents.uses',
    ])
    .orderBy('media_blocked.blocked_at', 'desc')
    .orderBy('media_blocked.content_hash')
    .limit(p.limit),
)
