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
import { query } from '../../src/storage/query.ts'
import { currentPosition } from '../support/current-position.ts'
import { afterTest } from '../support/after-test.ts'
import { temporaryFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import { takePosition } from '../support/take-position.ts'

const write = (db: Database, durably = true) => takePosition(db, { durably })

/** It reads only the page that `write` writes, because a truncated file lacks the pages of other tables. */
const storedPosition = query()((db) => db.selectFrom('stream').select('position').where('id', '=', 1))

const isLost = (error: unknown) =>
  error instanceof StorageError &&
  error.status === 503 &&
  error.message.startsWith('The database of the server was deleted, moved or replaced')

async function openIn(t: TestContext, folder: string): Promise<Database> {
  const db = await openDatabase(`sqlite:${join(folder, 'belfry.db')}`, silentLog)
  afterTest(t, () => db[Symbol.asyncDispose]())
  return db
}

/** Changes to the files of an open database. `folder` is the data directory. */
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
  'the database file is truncated': (folder) => truncateSync(join(folder, 'belfry.db'), 8192),
}

describe('an open SQLite database whose files are lost', () => {
  for (const [loss, change] of Object.entries(LOSSES)) {
    const prepare = async (t: TestContext) => {
      const folder = join(temporaryFolder(t), 'data')
      afterTest(t, () => rmSync(`${folder}-renamed`, { recursive: true, force: true }))
      const path = join(folder, 'belfry.db')
      // Closing the database writes the tables to the database file.
      await (await openDatabase(`sqlite:${path}`, silentLog))[Symbol.asyncDispose]()
      const db = await openIn(t, folder)
      await write(db)
      return { folder, db }
    }

    test(`refuses the next write when ${loss}`, async (t) => {
      const { folder, db } = await prepare(t)
      change(folder)
      await assert.rejects(write(db), isLost)
      await assert.rejects(write(db), isLost)
      assert.equal((await db.first(storedPosition, {}))?.position, 1, 'acknowledged writes are readable')
    })

    test(`detects the loss without durable writes when ${loss}`, async (t) => {
      const { folder, db } = await prepare(t)
      change(folder)
      // A write that is not durable is acknowledged without a check of the files.
      await eventually(() =>
        write(db, false).then(
          () => false,
          (error: unknown) => isLost(error),
        ),
      )
    })
  }
})

describe('a start with a lost SQLite database', () => {
  /** Creates the files of a killed server: all data is in the write-ahead log. */
  async function createFiles(t: TestContext): Promise<string> {
    const [folder, copy] = [temporaryFolder(t), temporaryFolder(t)]
    const db = await openDatabase(`sqlite:${join(folder, 'belfry.db')}`, silentLog, { alone: true })
    await write(db)
    for (const suffix of ['', '-wal', '.lock'])
      copyFileSync(join(folder, `belfry.db${suffix}`), join(copy, `belfry.db${suffix}`))
    await db[Symbol.asyncDispose]()
    return copy
  }
  const refused = (folder: string, expected: RegExp) =>
    assert.rejects(
      openDatabase(`sqlite:${join(folder, 'belfry.db')}`, silentLog, { alone: true }),
      (error: unknown) =>
        error instanceof StorageError && !error.message.includes('\n') && expected.test(error.message),
    )

  test('reads the data of the write-ahead log', async (t) => {
    const db = await openIn(t, await createFiles(t))
    assert.equal(await currentPosition(db), 1)
  })

  test('refuses an empty file with a write-ahead log, and does not change the log', async (t) => {
    const folder = await createFiles(t)
    const { size } = statSync(join(folder, 'belfry.db-wal'))
    writeFileSync(join(folder, 'belfry.db'), '')
    await refused(
      folder,
      /its file is empty, and its write-ahead log \(-wal\) is still there\. Restore a backup/,
    )
    assert.equal(statSync(join(folder, 'belfry.db-wal')).size, size)
  })

  test('refuses a missing file with a write-ahead log', async (t) => {
    const folder = await createFiles(t)
    rmSync(join(folder, 'belfry.db'))
    await refused(folder, /its file is gone, and its write-ahead log/)
    assert.equal(existsSync(join(folder, 'belfry.db')), false)
  })

  for (const [state, lose] of [
    ['gone', (path: string) => rmSync(path)],
    ['empty', (path: string) => writeFileSync(path, '')],
  ] as const)
    test(`refuses a directory with a lock file whose database is ${state}`, async (t) => {
      const folder = await createFiles(t)
      rmSync(join(folder, 'belfry.db-wal'))
      lose(join(folder, 'belfry.db'))
      await refused(
        folder,
        new RegExp(`its file is ${state}, and there was one before \\(belfry\\.db\\.lock\\)`),
      )
      const command = openDatabase(`sqlite:${join(folder, 'belfry.db')}`, silentLog)
      await assert.rejects(command, /there was one before/, 'a command is refused too')
    })

  test('creates a new database when all files are removed, or are empty after an interrupted start', async (t) => {
    const folder = await createFiles(t)
    for (const suffix of ['', '-wal', '.lock']) rmSync(join(folder, `belfry.db${suffix}`))
    for (const suffix of ['', '.lock']) writeFileSync(join(folder, `belfry.db${suffix}`), '')
    const db = await openDatabase(`sqlite:${join(folder, 'belfry.db')}`, silentLog, { alone: true })
    assert.equal(await currentPosition(db), 0)
    await db[Symbol.asyncDispose]()
  })
})
