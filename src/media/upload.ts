import { createHash } from 'node:crypto'
import { forbidden, limitExceeded, MatrixError, tooMany } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import { StorageError, type Transaction } from '../storage/database.ts'
import type { BlobKey, BlobWriter } from './blobs.ts'
import { BlobStoreError, storeUnavailable } from './blob-fault.ts'
import type { MediaDeps } from './deps.ts'
import {
  addContent,
  addUsage,
  contentByHash,
  deleteLeftover,
  insertLeftover,
  takeLeftover,
  usageOf,
  useContent,
} from './media-store.ts'

// States of an upload: announced (a row in `media_leftovers`) → receiving → received → kept (the blob is on the disk) → recorded (one
// transaction adds the rows of media and content, and deletes the leftover). A process that dies before the last step leaves a blob that
// no row refers to; the leftover says so, and the next start removes both.

/** The longest time for one upload. After twice this time no process still writes the blob, and its leftover is due. */
export const UPLOAD_LIFE_MS = 3_600_000
const KEY_BYTES = 24
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
 * Stores a content, and calls `record` in the transaction that makes it permanent. A content that is already stored is not stored twice.
 * @throws MatrixError 403 over the quota or if the content is quarantined; 408; 413; 429; StorageError. Nothing is stored then.
 */
export async function receiveUpload(deps: MediaDeps, upload: Upload, record: RecordMedia): Promise<void> {
  const { db, clock, random, uploads, settings } = deps
  const { userId, length = 0 } = upload
  const leave = uploads.enter(userId)
  if (leave === undefined)
    throw limitExceeded(
      RETRY_AFTER_MS,
      `You have ${settings.uploads_per_user} uploads in progress. Wait until one ends`,
    )
  try {
    const usage = (await db.first(usageOf, { userId })) ?? { files: 0, bytes: 0 }
    checkQuota(deps, { files: usage.files + 1, bytes: usage.bytes + length })
    const key = random.token(KEY_BYTES)
    const now = clock.now()
    const dueAt = now + 2 * UPLOAD_LIFE_MS
    await db.transaction((tx) => tx.run(insertLeftover, { blobKey: key, now, dueAt }))
    await storeAnnounced(deps, { ...upload, key, until: now + UPLOAD_LIFE_MS }, record)
  } finally {
    leave()
  }
}

type Announced = Upload & { key: BlobKey; until: number }

async function storeAnnounced(deps: MediaDeps, upload: Announced, record: RecordMedia): Promise<void> {
  const { blobs, log } = deps
  const { key } = upload
  const opened: { writer?: BlobWriter; isKept: boolean } = { isKept: false }
  try {
    const writer = await blobs.begin(key, upload.length)
    opened.writer = writer
    const content = await receive(deps, upload, writer)
    const keep = async () => {
      await writer.keep()
      opened.isKept = true
    }
    if (await keepAndRecord(deps, { ...upload, ...content, keep }, record)) return
  } catch (error) {
    if (error instanceof BlobStoreError) log.error({ err: error.cause ?? error }, `media: ${error.message}`)
    // The commit may have succeeded: the sweeper removes the blob if its leftover is still there.
    if (!(opened.isKept && isAmbiguous(error))) await discard(deps, key, opened.writer)
    throw error
  }
  await discard(deps, key, opened.writer)
}

/** Whether the database failed in a way that leaves open whether it has committed. */
function isAmbiguous(error: unknown): boolean {
  return (
    error instanceof StorageError &&
    !(error instanceof BlobStoreError) &&
    error.errcode !== 'ORG.BELFRY.STORAGE_FULL'
  )
}

/** Removes a blob that no row refers to, and its leftover. If this fails, the sweeper does it later. */
async function discard(
  { db, blobs, log }: MediaDeps,
  blobKey: BlobKey,
  writer: BlobWriter | undefined,
): Promise<void> {
  try {
    await (writer === undefined ? blobs.remove(blobKey) : writer.drop())
    await db.transaction((tx) => tx.run(deleteLeftover, { blobKey }))
  } catch (error) {
    log.warn({ err: error }, 'media: a blob that no row refers to could not be removed; it is removed later')
  }
}

async function receive(
  { clock }: MediaDeps,
  { chunks, until }: { chunks: AsyncIterable<Uint8Array>; until: number },
  writer: BlobWriter,
): Promise<ReceivedContent> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of chunks) {
    if (clock.now() > until)
      throw new MatrixError(408, 'M_UNKNOWN', 'The upload took longer than an hour. Upload a smaller file')
    hash.update(chunk)
    size += chunk.byteLength
    await writer.write(chunk)
  }
  return { hash: hash.digest('base64url'), size }
}

type Received = ReceivedContent & { userId: UserId; key: BlobKey; keep: () => Promise<void> }

/** Resolves to whether the content is stored under the key of this upload; otherwise an equal content was stored before. */
async function keepAndRecord(deps: MediaDeps, received: Received, record: RecordMedia): Promise<boolean> {
  const { hash: contentHash, keep } = received
  if ((await deps.db.first(contentByHash, { contentHash })) !== undefined) {
    const isRecorded = await deps.db.transaction(async (tx) => {
      const content = await tx.first(useContent, { contentHash })
      if (content === undefined) return false
      await recordUse(deps, tx, { ...received, content, record })
      return true
    })
    if (isRecorded) return false
    // The equal content was removed in the meantime.
  }
  await keep()
  return deps.db.transaction(async (tx) => {
    const content = await tx.first(addContent, {
      contentHash,
      blobKey: received.key,
      size: received.size,
      now: deps.clock.now(),
    })
    if (content === undefined) throw new Error('media: the content was not recorded')
    await recordUse(deps, tx, { ...received, content, record })
    if (content.blob_key !== received.key) return false
    // The upload took too long: the blob counts as abandoned, and the sweeper may have removed it.
    if ((await tx.run(takeLeftover, { blobKey: received.key, now: deps.clock.now() })) === 0)
      throw storeUnavailable()
    return true
  })
}

type Use = Received & { content: { quarantined_at: number | null }; record: RecordMedia }

async function recordUse(deps: MediaDeps, tx: Transaction, use: Use): Promise<void> {
  const { userId, hash, size, content, record } = use
  if (content.quarantined_at !== null) throw forbidden('The operator of this server has blocked this file')
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
