import { StorageError } from '../storage/database.ts'
import { LostBlobError } from './blob-fault.ts'
import type { Blobs, BlobWriter } from './blobs.ts'
import type { MediaEvents, StoreOperation } from './media-events.ts'

/** A store that reports its failures as events. */
export function createObservedBlobs(blobs: Blobs, events: MediaEvents): Blobs {
  const note = (operation: StoreOperation, error: unknown) => {
    if (error instanceof StorageError) events.storeFailed(operation, error)
    return error
  }
  const observed = async <T>(operation: StoreOperation, work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      throw note(operation, error)
    }
  }
  const observedWriter = (writer: BlobWriter): BlobWriter => ({
    write: (chunk) => observed('write', writer.write(chunk)),
    keep: () => observed('write', writer.keep()),
    drop: () => observed('remove', writer.drop()),
  })
  return {
    place: blobs.place,
    readMemory: blobs.readMemory,
    begin: async (...given) => observedWriter(await observed('write', blobs.begin(...given))),
    size: (key) => observed('read', blobs.size(key)),
    async *read(key, range) {
      try {
        yield* blobs.read(key, range)
      } catch (error) {
        if (error instanceof LostBlobError) events.blobLost(key)
        throw note('read', error)
      }
    },
    list: () => blobs.list(),
    remove: (key) => observed('remove', blobs.remove(key)),
    // The start reports its failure.
    check: () => blobs.check(),
    [Symbol.asyncDispose]: () => blobs[Symbol.asyncDispose](),
  }
}
