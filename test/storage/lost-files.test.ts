import assert from 'node:assert/strict'
import {
  copyFileSync,
  cpSync,
  existsSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { type Database, StorageError } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { currentPosition, nextPosition } from '../../src/storage/stream.ts'
import { temporaryFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'

const write = (db: Database, durably = true) => db.transaction((tx) => nextPosition(tx), { durably })

const isLost = (error: unknown) =>
  error instanceof StorageError &&
  error.status === 503 &&
  error.message.startsWith('The database of the server was deleted, moved or replaced')

async function openIn(t: TestContext, folder: string): Promise<Database> {
  const db = await openDatabase(`sqlite:${join(folder, 'belfry.db')}`, silentLog)
  t.after(() => db[Symbol.asyncDispose]())
  return db
}

/** What may happen to the files of a database that is open; `folder` is the data directory. */
const LOSSES: Record<string, (folder: string) => void> = {
  'the data directory is deleted': (folder) => rmSync(folder, { recursive: true }),
  'the data directory is renamed': (folder) => renameSync(folder, `${folder}-renamed`),
  'the data directory is replaced by a copy': (folder) => {
    cpSync(folder, `${folder}-renamed`, { recursive: true })
    rmSync(folder, { recursive: true })
    renameSync(`${folder}-renamed`, folder)
  },
  'the database file is deleted': (folder) => rmSync(join(folder, 'belfry.db')),
  'the write-ahead log is deleted': (folder) => rmSync(join(folder, 'belfry.db-wal')),
  'the write-ahead log is replaced by a copy': (folder) => {
    copyFileSync(join(folder, 'belfry.db-wal'), join(folder, 'copy'))
    renameSync(join(folder, 'copy'), join(folder, 'belfry.db-wal'))
  },
  'the index of the write-ahead log is deleted': (folder) => rmSync(join(folder, 'belfry.db-shm')),
  'the database file is cut': (folder) => truncateSync(join(folder, 'belfry.db'), 8192),
}

describe('the files of an open SQLite database are lost: nothing more is acknowledged', () => {
  for (const [loss, happen] of Object.entries(LOSSES)) {
    const prepare = async (t: TestContext) => {
      const folder = join(temporaryFolder(t), 'data')
      t.after(() => rmSync(`${folder}-renamed`, { recursive: true, force: true }))
      const path = join(folder, 'belfry.db')
      // Closed once, so that the database file holds the tables.
      await (await openDatabase(`sqlite:${path}`, silentLog))[Symbol.asyncDispose]()
      const db = await openIn(t, folder)
      await write(db)
      return { folder, db }
    }

    test(`the next write is refused when ${loss}`, async (t) => {
      const { folder, db } = await prepare(t)
      happen(folder)
      await assert.rejects(write(db), isLost)
      await assert.rejects(write(db), isLost)
      assert.equal(await currentPosition(db), 1, 'what was acknowledged can still be read')
    })

    test(`without writes it is noticed as well when ${loss}`, async (t) => {
      const { folder, db } = await prepare(t)
      happen(folder)
      // Such a write is acknowledged without a look at the files.
      await eventually(() =>
        write(db, false).then(
          () => false,
          (error: unknown) => isLost(error),
        ),
      )
    })
  }
})

describe('a start where a SQLite database was lost', () => {
  /** The files that a server leaves behind that was killed: a write-ahead log with everything in it. */
  async function killed(t: TestContext): Promise<string> {
    const [folder, left] = [temporaryFolder(t), temporaryFolder(t)]
    const db = await openDatabase(`sqlite:${join(folder, 'belfry.db')}`, silentLog, { alone: true })
    await write(db)
    for (const suffix of ['', '-wal', '.lock'])
      copyFileSync(join(folder, `belfry.db${suffix}`), join(left, `belfry.db${suffix}`))
    await db[Symbol.asyncDispose]()
    return left
  }
  const refused = (folder: string, expected: RegExp) =>
    assert.rejects(
      openDatabase(`sqlite:${join(folder, 'belfry.db')}`, silentLog, { alone: true }),
      (error: unknown) =>
        error instanceof StorageError && !error.message.includes('\n') && expected.test(error.message),
    )

  test('goes on with what the write-ahead log has', async (t) => {
    const db = await openIn(t, await killed(t))
    assert.equal(await currentPosition(db), 1)
  })

  test('refuses an empty file beside a write-ahead log, and leaves the log alone', async (t) => {
    const folder = await killed(t)
    const { size } = statSync(join(folder, 'belfry.db-wal'))
    writeFileSync(join(folder, 'belfry.db'), '')
    await refused(
      folder,
      /its file is empty, and its write-ahead log \(-wal\) is still there\. Restore a backup/,
    )
    assert.equal(statSync(join(folder, 'belfry.db-wal')).size, size)
  })

  test('refuses a missing file beside a write-ahead log', async (t) => {
    const folder = await killed(t)
    rmSync(join(folder, 'belfry.db'))
    await refused(folder, /its file is gone, and its write-ahead log/)
    assert.equal(existsSync(join(folder, 'belfry.db')), false)
  })

  for (const [state, lose] of [
    ['gone', (path: string) => rmSync(path)],
    ['empty', (path: string) => writeFileSync(path, '')],
  ] as const)
    test(`refuses a directory that has served before, and whose database is ${state}`, async (t) => {
      const folder = await killed(t)
      rmSync(join(folder, 'belfry.db-wal'))
      lose(join(folder, 'belfry.db'))
      await refused(
        folder,
        new RegExp(`its file is ${state}, and there was one before \\(belfry\\.db\\.lock\\)`),
      )
      const command = openDatabase(`sqlite:${join(folder, 'belfry.db')}`, silentLog)
      await assert.rejects(command, /there was one before/, 'a command neither')
    })

  test('begins anew when all files are moved away, and after a start that did not come to its end', async (t) => {
    const folder = await killed(t)
    for (const suffix of ['', '-wal', '.lock']) rmSync(join(folder, `belfry.db${suffix}`))
    for (const suffix of ['', '.lock']) writeFileSync(join(folder, `belfry.db${suffix}`), '')
    const db = await openDatabase(`sqlite:${join(folder, 'belfry.db')}`, silentLog, { alone: true })
    assert.equal(await currentPosition(db), 0)
    await db[Symbol.asyncDispose]()
  })
})
