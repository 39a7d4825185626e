import { createHash } from 'node:crypto'
import { forbidden, limitExceeded, MatrixError, tooMany, unknownToken } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import type { MediaDeps } from './deps.ts'
import {
  addContent,
  addUsage,
  blockedContent,
  contentByHash,
  lockOwner,
  usageOf,
  useContent,
} from './media-store.ts'
import { type NewBlob, recordBlob, storeNewBlob } from './new-blob.ts'

const RETRY_AFTER_MS = 1000

/** What a client uploads. `length`: its size, if the client declares it. */
export type Upload = {
  userId: UserId
  length: number | undefined
  chunks: AsyncIterable<Uint8Array>
}
/** `hash`: SHA-256, base64url without padding. */
export type ReceivedContent = { hash: string; size: number }
/** Records the media item, in the transaction that records its content. */
export type RecordMedia = (tx: Transaction, content: ReceivedContent) => Promise<void>

/**
 * Stores a content, and calls `record` in the transaction that makes it permanent. A content that is already
 * stored is not stored twice.
 * @throws MatrixError 401 if the account was closed in the meantime; 403 over the quota or if the content is
 *   blocked; 408; 413; 429; StorageError. Nothing is stored then.
 */
export async function receiveUpload(deps: MediaDeps, upload: Upload, record: RecordMedia): Promise<void> {
  const { db, uploads, bytesUnderWay, settings } = deps
  const { userId, length = 0 } = upload
  const leave = uploads.enter(userId)
  if (leave === undefined)
    throw limitExceeded(
      RETRY_AFTER_MS,
      `You have ${settings.uploads_per_user} uploads in progress. Wait until one ends`,
    )
  let counted = 0
  /**
   * Counts the bytes of all uploads of the user in progress, so that many at the same time cannot fill the
   * store beyond the quota.
   */
  const count = (size: number, usage: Usage) => {
    if (size > counted) bytesUnderWay.take(userId, size - counted)
    counted = Math.max(counted, size)
    checkQuota(deps, { files: usage.files + 1, bytes: usage.bytes + bytesUnderWay.of(userId) })
  }
  try {
    const usage = (await db.first(usageOf, { userId })) ?? { files: 0, bytes: 0 }
    count(length, usage)
    await storeNewBlob(deps, upload.length, async (blob) => {
      const content = await receive(deps, upload.chunks, { ...blob, count: (size) => count(size, usage) })
      return keepAndRecord(deps, { ...content, userId, blob }, record)
    })
  } finally {
    bytesUnderWay.give(userId, counted)
    leave()
  }
}

async function receive(
  { clock }: MediaDeps,
  chunks: AsyncIterable<Uint8Array>,
  { until, write, count }: NewBlob & { count: (size: number) => void },
): Promise<ReceivedContent> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of chunks) {
    if (clock.now() > until)
      throw new MatrixError(408, 'M_UNKNOWN', 'The upload took longer than an hour. Upload a smaller file')
    hash.update(chunk)
    size += chunk.byteLength
    count(size)
    await write(chunk)
  }
  return { hash: hash.digest('base64url'), size }
}

type Usage = { files: number; bytes: number }
type Received = ReceivedContent & { userId: UserId; blob: NewBlob }

/**
 * Resolves to whether the content is stored as the blob of this upload; otherwise an equal content was stored
 * before.
 */
async function keepAndRecord(deps: MediaDeps, received: Received, record: RecordMedia): Promise<boolean> {
  const { hash: contentHash, size, blob } = received
  await checkNotBlocked(deps.db, contentHash)
  if ((await deps.db.first(contentByHash, { contentHash })) !== undefined) {
    const isRecorded = await deps.db.transaction(
      async (tx) => {
        await checkOwner(tx, received.userId)
        if ((await tx.first(useContent, { contentHash })) === undefined) return false
        await recordUse(deps, tx, { ...received, record })
        return true
      },
      { repeatable: true },
    )
    if (isRecorded) return false
    // The equal content was removed in the meantime.
  }
  await blob.keep()
  return deps.db.transaction(
    async (tx) => {
      await checkOwner(tx, received.userId)
      const row = { contentHash, blobKey: blob.key, size, now: deps.clock.now() }
      const content = await tx.first(addContent, row)
      if (content === undefined) throw new Error('media: the content was not recorded')
      await recordUse(deps, tx, { ...received, record })
      if (content.blob_key !== blob.key) return false
      await recordBlob(deps, tx, blob.key)
      return true
    },
    { repeatable: true },
  )
}

/**
 * Locks the account until the end of the transaction. The session was checked at the start of the request,
 * and an upload takes up to an hour.
 * @throws MatrixError 401 if the account is closed: nothing may be stored for it any more
 */
export async function checkOwner(tx: Transaction, userId: UserId): Promise<void> {
  const owner = await tx.first(lockOwner, { userId })
  if (owner?.deactivated_at !== null) throw unknownToken()
}

async function checkNotBlocked(q: Queries, contentHash: string): Promise<void> {
  if ((await q.first(blockedContent, { contentHash })) !== undefined)
    throw forbidden('The operator of this server has blocked this file')
}

type Use = Received & { record: RecordMedia }

async function recordUse(deps: MediaDeps, tx: Transaction, use: Use): Promise<void> {
  const { userId, hash, size, record } = use
  // Another process may have blocked it since the first check. It has locked the row of the content, as this
  // transaction.
  await checkNotBlocked(tx, hash)
  const usage = await tx.first(addUsage, { userId, size })
  if (usage !== undefined) checkQuota(deps, usage)
  await record(tx, { hash, size })
}

function checkQuota({ quotas }: MediaDeps, { files, bytes }: { files: number; bytes: number }): void {
  if (files > quotas.media_files)
    throw tooMany(
      'quotas.media_files',
      `You have uploaded ${quotas.media_files} files and cannot upload more`,
    )
  if (bytes > quotas.media_bytes)
    throw tooMany(
      'quotas.media_bytes',
      `This upload would exceed your quota of ${quotas.media_bytes} bytes for media`,
    )
}
