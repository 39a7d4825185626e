import { LostBlobError } from './blob-fault.ts'
import type { BlobKey } from './blobs.ts'
import type { MediaDeps } from './deps.ts'

type Expected = { blobKey: BlobKey; size: number }

/** Whether the store has a whole blob. Reports a lost one. @throws StorageError */
export async function hasBlob(
  { blobs, events }: Pick<MediaDeps, 'blobs' | 'events'>,
  { blobKey, size }: Expected,
): Promise<boolean> {
  if ((await blobs.size(blobKey)) === size) return true
  events.blobLost(blobKey)
  return false
}

/**
 * Call it before a blob is served, because a response that has begun can no longer become an error. @throws
 * LostBlobError, StorageError
 */
export async function checkBlob(deps: Pick<MediaDeps, 'blobs' | 'events'>, blob: Expected): Promise<void> {
  if (!(await hasBlob(deps, blob))) throw new LostBlobError()
}
