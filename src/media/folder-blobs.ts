import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { asBlobFault, storageFull, withBlobFaults } from './blob-fault.ts'
import type { BlobKey, Blobs, BlobWriter } from './blobs.ts'

/** Incomplete blobs are in a folder of their own, on the same file system, so that `rename` is atomic. */
const INCOMING = 'incoming'
const READ_BYTES = 131_072
/** The free space is checked again after this number of bytes. */
const CHECK_EVERY_BYTES = 16_777_216

/** `reserve`: the bytes that stay free on the disk. */
export type FolderOptions = { folder: string; reserve: number }

/**
 * Stores each blob as a file: first as `incoming/KEY`, then, when it is complete and on the disk, as `KE/KEY`. The folder is created when
 * it is first used.
 */
export function createFolderBlobs({ folder, reserve }: FolderOptions): Blobs {
  const incoming = (key: BlobKey) => join(folder, INCOMING, key)
  const kept = (key: BlobKey) => join(folder, key.slice(0, 2), key)
  const makeRoom = async (bytes: number) => {
    const { bavail, bsize } = await statfs(folder)
    if (bavail * bsize < reserve + bytes) throw storageFull()
  }
  return {
    place: folder,
    begin: (key, expected = 0) =>
      withBlobFaults(async () => {
        await mkdir(join(folder, INCOMING), { recursive: true })
        await makeRoom(expected)
        return writerOf(await open(incoming(key), 'wx', 0o600), {
          from: incoming(key),
          to: kept(key),
          makeRoom,
        })
      }),
    size: (key) => withBlobFaults(() => sizeOf(kept(key))),
    read: (key, { start, end }) => readFile(kept(key), start, end),
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

type Placing = { from: string; to: string; makeRoom: (bytes: number) => Promise<void> }

function writerOf(file: FileHandle, { from, to, makeRoom }: Placing): BlobWriter {
  let unchecked = 0
  let closing: Promise<void> | undefined
  const close = () => (closing ??= file.close())
  return {
    write: (chunk) =>
      withBlobFaults(async () => {
        unchecked += chunk.byteLength
        if (unchecked >= CHECK_EVERY_BYTES) {
          unchecked = 0
          await makeRoom(0)
        }
        for (let at = 0; at < chunk.byteLength;) at += (await file.write(chunk, at)).bytesWritten
      }),
    keep: () =>
      withBlobFaults(async () => {
        try {
          await file.sync()
        } finally {
          await close()
        }
        await mkdir(dirname(to), { recursive: true })
        await rename(from, to)
        await syncFolder(dirname(to))
        await syncFolder(dirname(dirname(to)))
      }),
    drop: () =>
      withBlobFaults(async () => {
        await close().catch(() => undefined)
        await rm(from, { force: true })
        await rm(to, { force: true })
      }),
  }
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
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function* readFile(path: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  if (end <= start) return
  try {
    yield* createReadStream(path, { start, end: end - 1, highWaterMark: READ_BYTES })
  } catch (error) {
    throw asBlobFault(error)
  }
}
