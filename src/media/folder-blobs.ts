import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, opendir, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { asBlobFault, LostBlobError, withBlobFaults } from './blob-fault.ts'
import type { BlobKey, BlobRange, Blobs, BlobWriter } from './blobs.ts'
import { createFreeSpace, type SpaceShare } from './free-space.ts'

/** Incomplete blobs are in a folder of their own, on the same file system, so that `rename` is atomic. */
const INCOMING = 'incoming'
const READ_BYTES = 131_072
const WRITE_BYTES = 262_144

/** `reserve`: the bytes that stay free on the disk. */
export type FolderOptions = { folder: string; reserve: number }

/**
 * Stores each blob as a file: first as `incoming/KEY`, then, when it is complete and on the disk, as
 * `KE/KEY`. The folder is created when it is first used. Without the folder, such as when its disk is not
 * mounted, no file counts as lost.
 */
export function createFolderBlobs({ folder, reserve }: FolderOptions): Blobs {
  const incoming = (key: BlobKey) => join(folder, INCOMING, key)
  const kept = (key: BlobKey) => join(folder, key.slice(0, 2), key)
  const space = createFreeSpace(async () => {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize - reserve
  })
  return {
    place: folder,
    readMemory: READ_BYTES,
    begin: (key, expected) =>
      withBlobFaults(async () => {
        await mkdir(join(folder, INCOMING), { recursive: true })
        const share = await space.share(expected)
        try {
          const file = await open(incoming(key), 'wx', 0o600)
          return writerOf(file, { from: incoming(key), to: kept(key), share })
        } catch (error) {
          share.end()
          throw error
        }
      }),
    size: (key) =>
      withBlobFaults(async () => {
        const size = await sizeOf(kept(key))
        if (size === undefined) await stat(folder)
        return size
      }),
    read: (key, range) => readFile(kept(key), range, folder),
    list: () => filesIn(folder),
    remove: (key) =>
      withBlobFaults(async () => {
        await rm(incoming(key), { force: true })
        await rm(kept(key), { force: true })
      }),
    // It is created when it is first used.
    check: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }
}

type Placing = { from: string; to: string; share: SpaceShare }

/** Chunks are written together, while the next ones arrive: a write of 64 KiB costs as much as one of 256 KiB. */
function writerOf(file: FileHandle, { from, to, share }: Placing): BlobWriter {
  let chunks: Uint8Array[] = []
  let gathered = 0
  let writing = Promise.resolve()
  let closing: Promise<void> | undefined
  const close = () => (closing ??= file.close())
  const flush = () => {
    const batch = chunks
    const bytes = gathered
    chunks = []
    gathered = 0
    writing = share
      .grow(bytes)
      .then(() => writeAll(file, batch))
      .then(() => share.written(bytes))
    // The next call reports its error.
    writing.catch(() => undefined)
  }
  return {
    write: (chunk) => {
      chunks.push(chunk)
      gathered += chunk.byteLength
      if (gathered < WRITE_BYTES) return Promise.resolve()
      return withBlobFaults(async () => {
        await writing
        flush()
      })
    },
    keep: () =>
      withBlobFaults(async () => {
        try {
          await writing
          flush()
          await writing
          await file.sync()
        } finally {
          share.end()
          await close()
        }
        await mkdir(dirname(to), { recursive: true })
        await rename(from, to)
        await syncFolder(dirname(to))
        await syncFolder(dirname(dirname(to)))
      }),
    drop: () =>
      withBlobFaults(async () => {
        await writing.catch(() => undefined)
        share.end()
        await close().catch(() => undefined)
        await rm(from, { force: true })
        await rm(to, { force: true })
      }),
  }
}

async function writeAll(file: FileHandle, batch: readonly Uint8Array[]): Promise<void> {
  if (batch.length === 0) return
  let { bytesWritten: at } = await file.writev(batch)
  const size = batch.reduce((sum, chunk) => sum + chunk.byteLength, 0)
  if (at === size) return
  const all = Buffer.concat(batch)
  while (at < size) at += (await file.write(all, at)).bytesWritten
}

/** The entry of a renamed file survives a power failure only after its folder is synced. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function* readFile(
  path: string,
  { start, end }: BlobRange,
  folder: string,
): AsyncGenerator<Uint8Array> {
  if (end <= start) return
  try {
    yield* createReadStream(path, { start, end: end - 1, highWaterMark: READ_BYTES })
  } catch (error) {
    if (!isMissing(error)) throw asBlobFault(error)
    await withBlobFaults(() => stat(folder))
    throw new LostBlobError()
  }
}

/** The files of the folders that begin their names. The folder does not exist before its first use. */
async function* filesIn(folder: string): AsyncGenerator<BlobKey> {
  try {
    for await (const start of await opendir(folder)) {
      if (!start.isDirectory() || start.name.length > 2) continue
      for await (const file of await opendir(join(folder, start.name))) if (file.isFile()) yield file.name
    }
  } catch (error) {
    if (!isMissing(error)) throw asBlobFault(error)
  }
}

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT'
