import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { Client } from 'pg'
import { progress, setProgress } from '../../src/rooms/search/index-store.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { clusterUrl, newPostgresUrl, temporaryFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'

const UNDO = 'delete from schema_migrations where id = 38'

/** `run` executes a statement in the closed database. */
async function assertIndexedAgain(url: string, run: (statement: string) => Promise<void>): Promise<void> {
  {
    await using database = await openDatabase(url, silentLog)
    await database.transaction((tx) => tx.run(setProgress, { position: 7, point: null }))
  }
  await run(UNDO)
  await using database = await openDatabase(url, silentLog)
  assert.equal((await database.first(progress, {}))?.position, 0)
}

test('an index with the old words of rooms is written again on sqlite', async (t) => {
  const path = join(temporaryFolder(t), 'belfry.db')
  await assertIndexedAgain(`sqlite:${path}`, async (statement) => {
    const old = new DatabaseSync(path)
    old.exec(statement)
    old.close()
  })
})

const cluster = clusterUrl()

test(
  'an index with the old words of rooms is written again on postgres',
  { skip: typeof cluster === 'string' ? false : cluster.missing },
  async () => {
    const url = await newPostgresUrl(cluster as string)
    await assertIndexedAgain(url, async (statement) => {
      const old = new Client({ connectionString: url })
      await old.connect()
      await old.query(statement)
      await old.end()
    })
  },
)
