import { once } from 'node:events'
import { open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import type { OnProgress } from '../lib/progress.ts'
import { makePrivate } from './sqlite-files.ts'
import { firstLine } from './start-fault.ts'

const POLL_MS = 200

/**
 * Copies a SQLite database into a new file while another process may serve it. The copy is one committed
 * state, without a write-ahead log and without free pages, and it is on the disk when this resolves.
 * @param to must not exist
 */
export async function copySqlite(from: string, to: string, onProgress: OnProgress): Promise<void> {
  const { size } = await stat(from)
  makePrivate(to)
  const copied = async () => (await stat(to).catch(() => undefined))?.size ?? 0
  const polling = setInterval(() => {
    void copied().then((done) => onProgress({ step: 'copying the database', done, total: size }))
  }, POLL_MS)
  const thread = new Worker(new URL('./vacuum-thread.ts', import.meta.url), { workerData: { from, to } })
  try {
    // Rejects when the thread throws.
    await once(thread, 'exit')
  } finally {
    clearInterval(polling)
    await thread.terminate()
  }
  await syncFile(to)
  await syncFile(dirname(to))
}

/** Makes a file, or the entries of a folder, survive a power failure. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * @returns the faults that SQLite finds in a file, at most 100, or the one error because of which it cannot
 *   read the file; empty if it is sound
 */
export function checkSqlite(path: string): string[] {
  const connection = new DatabaseSync(path, { readOnly: true })
  try {
    const rows = connection.prepare('pragma integrity_check(100)').all()
    return rows.map((row) => String(row['integrity_check'])).filter((text) => text !== 'ok')
  } catch (error) {
    return [firstLine(error)]
  } finally {
    connection.close()
  }
}

/**
 * Raises the last position of a SQLite database that no process uses, so that the positions in between are
 * never given.
 */
export function skipPositions(path: string, count: number): void {
  const connection = new DatabaseSync(path)
  try {
    connection
      .prepare(
        'update stream set position = max(position, coalesce((select max(position) from events), 0)) + ? where id = 1',
      )
      .run(count)
  } finally {
    connection.close()
  }
}
