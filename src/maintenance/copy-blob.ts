import { LostBlobError } from '../media/blob-fault.ts'
import type { Blobs } from '../media/blobs.ts'
import type { ListedBlob } from './list-blobs.ts'

/** @returns false if the source does not have the blob */
export async function copyBlob(
  { blob_key: key, size }: ListedBlob,
  from: Blobs,
  to: Blobs,
): Promise<boolean> {
  const writer = await to.begin(key, size)
  try {
    // The writer keeps the memory of the chunk.
    for await (const chunk of from.read(key, { start: 0, end: size }))
      await writer.write(Uint8Array.from(chunk))
    await writer.keep()
    return true
  } catch (error) {
    await writer.drop()
    if (error instanceof LostBlobError) return false
    throw error
  }
}
