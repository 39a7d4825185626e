import { storageFull } from './blob-fault.ts'

/** An upload of unknown size reserves this much at a time. */
const STEP_BYTES = 1_048_576

/** The space of one upload. */
export type SpaceShare = {
  /** Call it before these bytes are written. @throws BlobStoreError 503 if they do not fit */
  grow(bytes: number): Promise<void>
  /** These bytes are written, so that they are no longer free. */
  written(bytes: number): void
  /** No more is written. */
  end(): void
}

/**
 * Divides the free space of a disk among the uploads of this process. Bytes that an upload has announced and
 * not written yet count as used: otherwise uploads at the same time would each see the same free space.
 * @param free the free bytes of the disk, without the reserve; negative: the reserve is in use
 */
export function createFreeSpace(free: () => Promise<number>) {
  let promised = 0
  return {
    /** @param expected the size of the upload, if it is known. @throws BlobStoreError 503 if it does not fit */
    async share(expected: number | undefined): Promise<SpaceShare> {
      let own = 0
      const take = async (bytes: number) => {
        const before = promised
        const available = await free()
        // What others write meanwhile may be missing in both numbers.
        if (available - Math.max(before, promised) < bytes) throw storageFull()
        promised += bytes
        own += bytes
      }
      await take(expected ?? 0)
      return {
        async grow(bytes) {
          if (bytes <= own) return
          const missing = bytes - own
          // Close to the limit, the last small upload must still fit.
          await take(Math.max(missing, STEP_BYTES)).catch(() => take(missing))
        },
        written(bytes) {
          const settled = Math.min(bytes, own)
          own -= settled
          promised -= settled
        },
        end() {
          promised -= own
          own = 0
        },
      }
    },
  }
}
