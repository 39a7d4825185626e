import { StorageError, type Transaction } from '../storage/database.ts'
import { BlobStoreError, storeUnavailable } from './blob-fault.ts'
import type { BlobKey, BlobWriter } from './blobs.ts'
import type { MediaDeps } from './deps.ts'
import { deleteLeftover, insertLeftover, takeLeftover } from './leftover-store.ts'

// States of a new blob: announced (a row in `media_leftovers`) → written → kept (it is in the store, durably)
// → recorded (one transaction adds the row that refers to it, and deletes the leftover). A process that dies
// before the last step leaves a blob that no row refers to; the leftover says so, and the next start removes
// both.

/**
 * The longest time from the announcement until the blob is written. After twice this time no process still
 * writes it, and its leftover is due.
 */
export const WRITE_LIFE_MS = 3_600_000
const KEY_BYTES = 24

/** `until`: the time at which it must be written. */
export type NewBlob = { key: BlobKey; until: number; write: BlobWriter['write']; keep: BlobWriter['keep'] }

/**
 * Stores a blob. `work` writes it, keeps it, and records it with `recordBlob` in a transaction; it resolves
 * to false if the blob is not needed. Resolves to whether the blob was recorded; otherwise nothing of it
 * remains.
 * @param expected its size, if it is known
 * @throws what `work` throws; StorageError
 */
export async function storeNewBlob(
  deps: MediaDeps,
  expected: number | undefined,
  work: (blob: NewBlob) => Promise<boolean>,
): Promise<boolean> {
  const { db, blobs, clock, random } = deps
  const key = random.token(KEY_BYTES)
  const now = clock.now()
  const dueAt = now + 2 * WRITE_LIFE_MS
  await db.transaction((tx) => tx.run(insertLeftover, { blobKey: key, now, dueAt }), { repeatable: true })
  const opened: { writer?: BlobWriter; isKept: boolean } = { isKept: false }
  try {
    const writer = await blobs.begin(key, expected)
    opened.writer = writer
    const keep = async () => {
      await writer.keep()
      opened.isKept = true
    }
    const write = (chunk: Uint8Array) => writer.write(chunk)
    if (await work({ key, until: now + WRITE_LIFE_MS, write, keep })) return true
  } catch (error) {
    // The commit may have succeeded: the sweeper removes the blob if its leftover is still there.
    if (!(opened.isKept && isAmbiguous(error))) await discard(deps, key, opened.writer)
    throw error
  }
  await discard(deps, key, opened.writer)
  return false
}

/**
 * Call it in the transaction that adds the row which refers to the blob.
 * @throws StorageError if the blob took too long: it counts as abandoned, and the sweeper may have removed it
 */
export async function recordBlob(
  { clock, log }: MediaDeps,
  tx: Transaction,
  blobKey: BlobKey,
): Promise<void> {
  if ((await tx.run(takeLeftover, { blobKey, now: clock.now() })) > 0) return
  log.warn({ blob: blobKey }, 'media: a blob was complete only after it counted as abandoned')
  throw storeUnavailable()
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
    await db.transaction((tx) => tx.run(deleteLeftover, { blobKey }), { repeatable: true })
  } catch (error) {
    log.warn({ err: error }, 'media: a blob that no row refers to could not be removed; it is removed later')
  }
}
