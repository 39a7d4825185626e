import { invalidParam, notFound } from '../lib/errors.ts'
import { isUserId, type UserId } from '../lib/ids.ts'
import type { OnProgress } from '../lib/progress.ts'
import { sweepAll } from '../lib/sweeper.ts'
import type { Queries } from '../storage/query.ts'
import {
  blockedContents,
  deleteBlocked,
  insertBlocked,
  largestMedia,
  largestMediaOf,
  largestUsers,
  totals,
  unreadMedia,
} from './administration-store.ts'
import type { MediaDeps } from './deps.ts'
import { isMediaId, mediaUri } from './media-uri.ts'
import { lockContent, mediaById } from './media-store.ts'
import { removeMedia, removeMediaOfContent, removeMediaOfUser, removeUnreadMedia } from './remove-media.ts'
import { BATCH_SIZE, removeLeftovers, removeUnused } from './sweep-media.ts'

// The operator's view of media (`belfry media …`). It works without a server and beside a running one.

const LIST_LIMIT = 100
const USERS_LIMIT = 20
const PAGE = 500

/** Sizes are in bytes, times in milliseconds since the Unix epoch. */
export type MediaSummary = {
  uri: string
  user_id: UserId
  content_type: string
  filename: string | null
  size: number
  created_at: number
  /** The last download, with a precision of a day. */
  last_read_at: number | null
  is_blocked: boolean
}

export type MediaUsage = {
  store: string
  media: number
  media_bytes: number
  /** Equal contents are stored once. */
  contents: number
  content_bytes: number
  thumbnails: number
  thumbnail_bytes: number
  blocked: number
  /** Those with the most bytes. */
  users: { user_id: UserId; files: number; bytes: number }[]
}

/** `isDryRun`: nothing is removed. `onlyUnread`: only media that were never downloaded. */
export type Pruning = { days: number; onlyUnread: boolean; isDryRun: boolean; onProgress?: OnProgress }
type Pruned = { files: number; bytes: number }
/** Finds those of the `mxc://` URIs that are avatars of users and rooms. */
type Avatars = (q: Queries, uris: readonly string[]) => Promise<ReadonlySet<string>>

/** `sha256`: of the content, in hexadecimal. `size`, `files`: null if the content is not stored. */
export type BlockedContent = {
  sha256: string
  blocked_at: number
  size: number | null
  files: number | null
}
/** `files`: the removed ones. */
type Blocked = { sha256: string; files: number }

export type MediaAdministration = {
  usage(): Promise<MediaUsage>
  /** The largest ones, of one user or of all. @throws MatrixError 400 if it is not a user id of this server */
  list(user?: string): Promise<MediaSummary[]>
  /** Removes media that were uploaded `days` days ago or earlier and not downloaded since, except avatars. */
  prune(pruning: Pruning): Promise<Pruned>
  /** Removes one media item, by its `mxc://` URI, or all of a user. @throws MatrixError 400, 404 */
  remove(target: string): Promise<{ files: number }>
  /** Blocked contents, the newest first. */
  blocked(): Promise<BlockedContent[]>
  /**
   * Blocks a content: it is not served under any id and cannot be uploaded again. With `isRemoved` also
   * removes all files with it; it stays blocked then. @throws MatrixError as `contentOf`
   */
  block(target: string, options: { isRemoved: boolean }): Promise<Blocked>
  /**
   * Ends that. If its files were removed, they stay removed, and it can be uploaded again. @throws
   * MatrixError as `contentOf`
   */
  unblock(target: string): Promise<{ sha256: string }>
}

export function administerMedia(deps: MediaDeps, avatars: Avatars): MediaAdministration {
  const { db, serverName, blobs } = deps
  return {
    async usage() {
      const [found] = await db.all(totals, {})
      const users = await db.all(largestUsers, { limit: USERS_LIMIT })
      if (found === undefined) throw new Error('media: no totals')
      return { store: blobs.place, ...(found as Required<Numbers<typeof found>>), users }
    },
    async list(user) {
      const limit = LIST_LIMIT
      const rows =
        user === undefined
          ? await db.all(largestMedia, { limit })
          : await db.all(largestMediaOf, { userId: userIn(user, serverName), limit })
      return rows.map(({ media_id: mediaId, blocked_at: at, ...row }) => ({
        uri: mediaUri(serverName, mediaId),
        ...row,
        is_blocked: at !== null,
      }))
    },
    prune: (pruning) => prune(deps, avatars, pruning),
    async remove(target) {
      if (target.startsWith('@')) {
        const userId = userIn(target, serverName)
        const files = await db.transaction((tx) => removeMediaOfUser(tx, userId), { repeatable: true })
        await removeBlobs(deps)
        return { files }
      }
      const mediaId = idIn(target, serverName)
      const removed = await db.transaction((tx) => removeMedia(tx, [mediaId]), { repeatable: true })
      if (removed.length === 0) throw notFound(`There is no ${target} here`)
      await removeBlobs(deps)
      return { files: 1 }
    },
    ...administerBlocked(deps),
  }
}

function administerBlocked(deps: MediaDeps): Pick<MediaAdministration, 'blocked' | 'block' | 'unblock'> {
  const { db, clock } = deps
  return {
    async blocked() {
      const rows = await db.all(blockedContents, { limit: LIST_LIMIT })
      return rows.map(({ content_hash: hash, blocked_at, size, uses }) => ({
        sha256: hexOf(hash),
        blocked_at,
        size,
        files: uses,
      }))
    },
    async block(target, { isRemoved }) {
      const contentHash = await contentOf(deps, target)
      const files = await db.transaction(
        async (tx) => {
          const removed = isRemoved ? await removeMediaOfContent(tx, contentHash) : 0
          // An upload of the same content in another process then sees that it is blocked.
          await tx.run(lockContent, { contentHash })
          await tx.run(insertBlocked, { contentHash, now: clock.now() })
          return removed
        },
        { repeatable: true },
      )
      if (isRemoved) await removeBlobs(deps)
      return { sha256: hexOf(contentHash), files }
    },
    async unblock(target) {
      const contentHash = await contentOf(deps, target)
      const found = await db.transaction((tx) => tx.run(deleteBlocked, { contentHash }), { repeatable: true })
      if (found === 0) throw notFound(`${target} is not blocked`)
      return { sha256: hexOf(contentHash) }
    },
  }
}

const hexOf = (hash: string) => Buffer.from(hash, 'base64url').toString('hex')

/**
 * The hash of a content, by the `mxc://` URI of a file that has it or by its SHA-256 in hexadecimal.
 * @throws MatrixError 400 for any other text; 404 if there is no file with the URI
 */
async function contentOf({ db, serverName }: MediaDeps, target: string): Promise<string> {
  if (/^[\da-f]{64}$/i.test(target)) return Buffer.from(target, 'hex').toString('base64url')
  const found = await db.first(mediaById, { mediaId: idIn(target, serverName) })
  if (found?.content_hash) return found.content_hash
  throw notFound(`There is no ${target} here. A removed file is known by its SHA-256 only`)
}

type Numbers<Row> = { [Name in keyof Row]: number }

async function prune(
  deps: MediaDeps,
  avatars: Avatars,
  { days, onlyUnread, isDryRun, onProgress }: Pruning,
): Promise<Pruned> {
  const { db, clock, serverName } = deps
  const before = clock.now() - days * 86_400_000
  const unread = { before, readBefore: onlyUnread ? 0 : before }
  const pruned = { files: 0, bytes: 0 }
  const unused = async <Item extends { media_id: string }>(q: Queries, page: readonly Item[]) => {
    const uriOf = ({ media_id: mediaId }: Item) => mediaUri(serverName, mediaId)
    const found = await avatars(q, page.map(uriOf))
    return page.filter((item) => !found.has(uriOf(item)))
  }
  const total = Number((await db.first(totals, {}))?.media ?? 0)
  let seen = 0
  for (let after = ''; ;) {
    const page = await db.all(unreadMedia, { ...unread, after, limit: PAGE })
    // Since the page was read, a running server may have served a file, or a user may have made it an avatar.
    const removed = isDryRun
      ? await unused(db, page)
      : await db.transaction(
          async (tx) => {
            const mediaIds = (await unused(tx, page)).map(({ media_id: mediaId }) => mediaId)
            return removeUnreadMedia(tx, { ...unread, mediaIds })
          },
          { repeatable: true },
        )
    seen += page.length
    onProgress?.({ step: isDryRun ? 'looking at files' : 'removing files', done: seen, total })
    pruned.files += removed.length
    pruned.bytes += removed.reduce((sum, { size }) => sum + size, 0)
    if (page.length < PAGE) break
    after = page.at(-1)?.media_id ?? after
  }
  if (!isDryRun) await removeBlobs(deps)
  return pruned
}

async function removeBlobs(deps: MediaDeps): Promise<void> {
  await sweepAll({ atOnce: BATCH_SIZE, sweep: () => removeUnused(deps) })
  await sweepAll({ atOnce: BATCH_SIZE, sweep: () => removeLeftovers(deps) })
}

function userIn(text: string, serverName: string): UserId {
  if (isUserId(text) && text.endsWith(`:${serverName}`)) return text
  throw invalidParam(`"${text}" is not a user id of this server, such as @name:${serverName}`)
}

function idIn(text: string, serverName: string): string {
  const start = mediaUri(serverName, '')
  const id = text.slice(start.length)
  if (text.startsWith(start) && isMediaId(id)) return id
  throw invalidParam(`"${text}" is not the URI of a file of this server, such as ${start}ID`)
}
