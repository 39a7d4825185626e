import { z } from 'zod'
import type { AccountDeps } from '../../accounts/deps.ts'
import { named } from '../../http/response.ts'
import { time } from '../../http/response-parts.ts'
import type { Route } from '../../http/route.ts'
import { invalidParam, notFound } from '../../lib/errors.ts'
import type { UserId } from '../../lib/ids.ts'
import { once } from '../../lib/once.ts'
import { removeMedia } from '../../media/remove-media.ts'
import type { Queries } from '../../storage/query.ts'
import { defineAdminRoute } from '../admin-route.ts'
import { targetAccount } from '../target.ts'
import { countMediaOf, mediaAscending, mediaDescending } from './media-store.ts'
import { nextPage, pageQuery } from './paging.ts'

const ORDERS = [
  'media_id',
  'upload_name',
  'created_ts',
  'last_access_ts',
  'media_length',
  'media_type',
  'quarantined_by',
  'safe_from_quarantine',
] as const

/** Without an order, the newest first, as in Synapse. */
const listQuery = z
  .object({ ...pageQuery, dir: z.enum(['f', 'b']).optional(), order_by: z.enum(ORDERS).optional() })
  .transform(({ from, limit, dir, order_by: orderBy }) => ({
    from,
    limit,
    isAscending: dir === undefined ? orderBy !== undefined : dir === 'f',
    orderBy: orderBy ?? ('created_ts' as const),
  }))
type Listing = z.output<typeof listQuery>

const BLOCKED_BY = 'belfry media block' as const

const userMedia = named('AdminUserMedia', () =>
  z.strictObject({
    media_id: z.string(),
    media_type: z.string(),
    media_length: z.int(),
    upload_name: z.string().nullable(),
    created_ts: time(),
    last_access_ts: time().nullable(),
    quarantined_by: z.literal(BLOCKED_BY).nullable().describe('Whether the content is blocked'),
    safe_from_quarantine: z.literal(false),
  }),
)
const mediaList = once(() =>
  z.strictObject({ media: z.array(userMedia()), total: z.int(), next_token: z.int().optional() }),
)
const deleted = once(() => z.strictObject({ deleted_media: z.array(z.string()), total: z.int() }))

/** Uploaded files in Synapse's admin API. A removed file is not served from then on; the sweeper removes its bytes. */
export function mediaRoutes(deps: AccountDeps): Route[] {
  return [listRoute(deps), ...removalRoutes(deps)]
}

function listRoute(deps: AccountDeps): Route {
  return defineAdminRoute({
    method: 'GET',
    path: '/_synapse/admin/v1/users/:userId/media',
    query: listQuery,
    summary: 'The uploaded files of a user',
    response: { 200: mediaList },
    async handler({ params: { userId }, query }) {
      await targetAccount(deps, userId)
      return deps.db.snapshot(async (q) => {
        const rows = await page(q, userId, query)
        const total = Number((await q.first(countMediaOf, { userId }))?.count ?? 0)
        const media = rows.map((row) => ({
          media_id: row.media_id,
          media_type: row.content_type,
          media_length: row.size,
          upload_name: row.filename,
          created_ts: row.created_at,
          last_access_ts: row.last_read_at,
          quarantined_by: row.blocked_at === null ? null : BLOCKED_BY,
          safe_from_quarantine: false as const,
        }))
        return { media, total, ...nextPage('next_token', { from: query.from, total, count: rows.length }) }
      })
    },
  })
}

function removalRoutes(deps: AccountDeps): Route[] {
  const { db, serverName } = deps
  return [
    defineAdminRoute({
      method: 'DELETE',
      path: '/_synapse/admin/v1/users/:userId/media',
      query: listQuery,
      summary: 'Removes one page of the list of the uploaded files of a user',
      response: { 200: deleted },
      async handler({ requester, params: { userId }, query, log }) {
        await targetAccount(deps, userId)
        const mediaIds = await db.transaction(
          async (tx) => {
            const rows = await page(tx, userId, query)
            return removeMedia(
              tx,
              rows.map((row) => row.media_id),
            )
          },
          { repeatable: true },
        )
        log.info({ user_id: userId, by: requester.userId, media_ids: mediaIds }, LOGGED)
        return { deleted_media: mediaIds, total: mediaIds.length }
      },
    }),
    defineAdminRoute({
      method: 'DELETE',
      path: '/_synapse/admin/v1/media/:serverName/:mediaId',
      summary: 'Removes an uploaded file',
      response: { 200: deleted },
      async handler({ requester, params: { serverName: origin, mediaId }, log }) {
        if (origin !== serverName)
          throw invalidParam(`${origin} is another server. This one has only its own files (${serverName})`)
        const mediaIds = await db.transaction((tx) => removeMedia(tx, [mediaId]), { repeatable: true })
        if (mediaIds.length === 0) throw notFound(`There is no file ${mediaId}`)
        log.info({ by: requester.userId, media_ids: mediaIds }, LOGGED)
        return { deleted_media: mediaIds, total: mediaIds.length }
      },
    }),
  ]
}

const LOGGED = 'an administrator removes files'

const page = (q: Queries, userId: UserId, { isAscending, orderBy, from, limit }: Listing) =>
  q.all(isAscending ? mediaAscending : mediaDescending, { userId, orderBy, from, limit })
