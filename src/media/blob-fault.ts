import { MatrixError } from '../lib/errors.ts'
import { StorageError } from '../storage/database.ts'

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
const RETRY_AFTER_MS = 5000

/** The store of blobs cannot do its work. A client gets a 503. */
export class BlobStoreError extends StorageError {
  override name = 'BlobStoreError'
}

/** No space for an upload: the 503 that a full database causes too. */
export function storageFull(cause?: unknown): BlobStoreError {
  return new BlobStoreError(
    'The server has no space left to store this; its operator must free some. Try again later',
    { cause, errcode: 'ORG.BELFRY.STORAGE_FULL', extra: { retry_after_ms: RETRY_AFTER_MS } },
  )
}

/** Any other failure of the store. */
export function storeUnavailable(cause?: unknown): BlobStoreError {
  return new BlobStoreError('The media store of the server does not work. Try again later', {
    cause,
    extra: { retry_after_ms: RETRY_AFTER_MS },
  })
}

/**
 * The store works and does not have a blob that a row refers to. It is lost for ever, so a client gets 404
 * and does not try again, as from Synapse.
 */
export class LostBlobError extends MatrixError {
  override name = 'LostBlobError'

  constructor() {
    super(404, 'M_NOT_FOUND', 'The server has lost this file. Upload it again')
  }
}

/** The `BlobStoreError` for an error of the file system; any other error unchanged. */
export function asBlobFault(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StorageError) return error
  const { code, syscall } = error as NodeJS.ErrnoException
  if (code === undefined || syscall === undefined) return error
  return FULL.has(code) ? storageFull(error) : storeUnavailable(error)
}

/** Runs work on files. @throws BlobStoreError for an error of the file system */
export async function withBlobFaults<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw asBlobFault(error)
  }
}
