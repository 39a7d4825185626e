import { sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

type Media = { mediaId: string }
type Described = Media & { userId: UserId; contentType: string; filename: string | null; now: number }
type Content = { contentHash: string; size: number }

/**
 * Locks an account until the end of the transaction, so that it cannot be closed before. `deactivated_at` is
 * not null if it is closed already; no row: it does not exist.
 */
export const lockOwner = query<{ userId: UserId }>()((db, p) =>
  db
    .updateTable('users')
    .set((eb) => ({ created_at: eb.ref('created_at') }))
    .where('user_id', '=', p.userId)
    .returning('deactivated_at'),
)

/** A media item with its content; null in `blob_key`: it is not uploaded yet. */
export const mediaById = query<Media>()((db, p) =>
  db
    .selectFrom('media')
    .leftJoin('media_contents', 'media_contents.content_hash', 'media.content_hash')
    .leftJoin('media_blocked', 'media_blocked.content_hash', 'media.content_hash')
    .select([
      'media.user_id',
      'media.content_hash',
      'media.content_type',
      'media.filename',
      'media.size',
      'media.expires_at',
      'media.last_read_at',
      'media_contents.blob_key',
      'media_blocked.blocked_at',
    ])
    .where('media.media_id', '=', p.mediaId),
)

export const insertMedia = query<Described & Content>()((db, p) =>
  db.insertInto('media').values({
    media_id: p.mediaId,
    user_id: p.userId,
    content_hash: p.contentHash,
    content_type: p.contentType,
    filename: p.filename,
    size: p.size,
    created_at: p.now,
    expires_at: null,
    last_read_at: null,
  }),
)

/** Changes no row if the id is not one that this user has created, is used or has expired. */
export const fillMedia = query<Described & Content>()((db, p) =>
  db
    .updateTable('media')
    .set({
      content_hash: p.contentHash,
      content_type: p.contentType,
      filename: p.filename,
      size: p.size,
      expires_at: null,
    })
    .where('media_id', '=', p.mediaId)
    .where('user_id', '=', p.userId)
    .where('content_hash', 'is', null)
    .where('expires_at', '>', p.now),
)

export const insertAwaited = query<Media & { userId: UserId; now: number; expiresAt: number }>()((db, p) =>
  db.insertInto('media').values({
    media_id: p.mediaId,
    user_id: p.userId,
    content_hash: null,
    content_type: '',
    filename: null,
    size: sql.lit(0),
    created_at: p.now,
    expires_at: p.expiresAt,
    last_read_at: null,
  }),
)

/** The media ids that a user has created and that wait for their upload. */
export const countAwaited = query<{ userId: UserId; now: number }>()((db, p) =>
  db
    .selectFrom('media')
    .select([
      (eb) => eb.fn.countAll<number>().as('count'),
      (eb) => eb.fn.min<number | null>('expires_at').as('first_expires_at'),
    ])
    .where('user_id', '=', p.userId)
    .where('content_hash', 'is', null)
    .where('expires_at', '>', p.now),
)

/** The ids that expired without an upload. They have no content and no usage. */
export const deleteExpired = query<{ now: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('media')
    .where('media_id', 'in', (eb) =>
      eb
        .selectFrom('media')
        .select('media_id')
        .where('content_hash', 'is', null)
        .where('expires_at', '<=', p.now)
        .limit(p.limit),
    )
    .where('content_hash', 'is', null),
)

export const markRead = query<Media & { now: number }>()((db, p) =>
  db.updateTable('media').set({ last_read_at: p.now }).where('media_id', '=', p.mediaId),
)

export const usageOf = query<{ userId: UserId }>()((db, p) =>
  db.selectFrom('media_usage').select(['files', 'bytes']).where('user_id', '=', p.userId),
)

/** Adds a file. Resolves to the new totals. The lock of the row makes uploads of one user take turns. */
export const addUsage = query<{ userId: UserId; size: number }>()((db, p) =>
  db
    .insertInto('media_usage')
    .values({ user_id: p.userId, files: sql.lit(1), bytes: p.size })
    .onConflict((conflict) =>
      conflict.column('user_id').doUpdateSet({
        files: sql`media_usage.files + 1`,
        bytes: sql`media_usage.bytes + excluded.bytes`,
      }),
    )
    .returning(['files', 'bytes']),
)

export const blockedContent = query<{ contentHash: string }>()((db, p) =>
  db.selectFrom('media_blocked').select('blocked_at').where('content_hash', '=', p.contentHash),
)

export const contentByHash = query<{ contentHash: string }>()((db, p) =>
  db.selectFrom('media_contents').select('blob_key').where('content_hash', '=', p.contentHash),
)

/** Adds a use of a stored content. Resolves to no row if it is not stored. */
export const useContent = query<{ contentHash: string }>()((db, p) =>
  db
    .updateTable('media_contents')
    .set({ uses: sql`uses + 1` })
    .where('content_hash', '=', p.contentHash)
    .returning('blob_key'),
)

/** Like `useContent`; stores it under `blobKey` if it is not stored. Resolves to the key under which it is. */
export const addContent = query<Content & { blobKey: string; now: number }>()((db, p) =>
  db
    .insertInto('media_contents')
    .values({
      content_hash: p.contentHash,
      blob_key: p.blobKey,
      size: p.size,
      uses: sql.lit(1),
      created_at: p.now,
    })
    .onConflict((conflict) =>
      conflict.column('content_hash').doUpdateSet({ uses: sql`media_contents.uses + 1` }),
    )
    .returning('blob_key'),
)

export const unusedContents = query<{ limit: number }>()((db, p) =>
  db.selectFrom('media_contents').select('content_hash').where('uses', '=', sql.lit(0)).limit(p.limit),
)

/** Resolves to no row if the content has been used again. */
export const deleteUnused = query<{ contentHash: string }>()((db, p) =>
  db
    .deleteFrom('media_contents')
    .where('content_hash', '=', p.contentHash)
    .where('uses', '=', sql.lit(0))
    .returning('blob_key'),
)

/** Keeps other processes from removing a content until the commit. Changes nothing. */
export const lockContent = query<{ contentHash: string }>()((db, p) =>
  db
    .updateTable('media_contents')
    .set((eb) => ({ uses: eb.ref('uses') }))
    .where('content_hash', '=', p.contentHash),
)

/** Resolves to the removed rows. */
export const deleteMediaOfUser = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('media').where('user_id', '=', p.userId).returning(['user_id', 'content_hash', 'size']),
)

const RELEASED = { content_hash: 'text', uses: 'integer' } as const

/** Takes back uses of contents, as many as removed media items had. */
export const releaseContents = query<{ rows: readonly { content_hash: string; uses: number }[] }>()(
  (db, p, d) =>
    db
      .updateTable('media_contents')
      .from(d.rows(p.rows, RELEASED).as('r'))
      .set((eb) => ({ uses: eb('media_contents.uses', '-', eb.ref('r.uses')) }))
      .whereRef('media_contents.content_hash', '=', 'r.content_hash')
      .$if(d.name === 'postgres', (update) =>
        update.where(
          sql<boolean>`media_contents.content_hash in (select c.content_hash from media_contents as c
            where c.content_hash in (select o.content_hash from ${d.rows(p.rows, RELEASED)} as o)
            order by c.content_hash for update)`,
        ),
      ),
)

export const subtractUsage = query<{ userId: UserId; files: number; bytes: number }>()((db, p, d) =>
  db
    .updateTable('media_usage')
    .set((eb) => ({
      files: eb('files', '-', d.integer(p.files)),
      bytes: eb('bytes', '-', d.integer(p.bytes)),
    }))
    .where('user_id', '=', p.userId),
)

/** Of a user without files. */
export const deleteEmptyUsage = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('media_usage').where('user_id', '=', p.userId).where('files', '=', sql.lit(0)),
)
