/** The name of a blob in a store: 1 to 64 of `A-Z a-z 0-9 - _`, random and never reused. */
export type BlobKey = string

/** From `start` (inclusive) to `end` (exclusive), in bytes. */
export type BlobRange = { start: number; end: number }

/**
 * A store of blobs: the contents of media and their thumbnails. It has two implementations, a folder and an
 * S3-compatible service. Several processes may use the same one, because keys are never reused. Methods
 * reject with a `BlobStoreError` if the store cannot do its work.
 */
export interface Blobs extends AsyncDisposable {
  /** The place of the blobs, for the log and the command line. */
  readonly place: string
  /** The bytes that one `read` holds in memory. */
  readonly readMemory: number
  /**
   * Begins to store a blob.
   * @param expected its size, if it is known
   */
  begin(key: BlobKey, expected: number | undefined): Promise<BlobWriter>
  /** The size of a blob; undefined if the store works and does not have it. */
  size(key: BlobKey): Promise<number | undefined>
  /**
   * Yields exactly the bytes of the range. Throws while iterating: `LostBlobError` if the store does not have
   * the blob.
   */
  read(key: BlobKey, range: BlobRange): AsyncIterable<Uint8Array>
  /** Yields the keys of all blobs that it has, in any order, without incomplete ones. */
  list(): AsyncIterable<BlobKey>
  /** Removes a blob, also an incomplete one of a process that died. It need not exist. */
  remove(key: BlobKey): Promise<void>
  /** At the start of a server. @throws StorageError if the store cannot be used */
  check(): Promise<void>
}

/** A blob while it is stored. It cannot be read before `keep`. Each use ends with `keep` or `drop`. */
export interface BlobWriter {
  /** Resolves when the next chunk may come. The memory of the chunk belongs to the writer from now on. */
  write(chunk: Uint8Array): Promise<void>
  /** Resolves when the blob can be read and survives a power failure. */
  keep(): Promise<void>
  /** Removes the blob, kept or not. */
  drop(): Promise<void>
}
