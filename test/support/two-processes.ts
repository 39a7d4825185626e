import { describe, type TestContext } from 'node:test'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { afterTest } from './after-test.ts'
import { clusterUrl, newPostgresUrl, newSqliteUrl } from './databases.ts'
import { silentLog } from './log.ts'

/** Like `onEachDatabase`, with two connections to the same database, as two processes have them. */
export function onEachSharedDatabase(
  name: string,
  suite: (openTwo: (t: TestContext) => Promise<[Database, Database]>) => void,
): void {
  const open = async (t: TestContext, url: string) => {
    const database = await openDatabase(url, silentLog)
    afterTest(t, () => database[Symbol.asyncDispose]())
    return database
  }
  const both = async (t: TestContext, url: string): Promise<[Database, Database]> => [
    await open(t, url),
    await open(t, url),
  ]
  describe(`${name} on sqlite`, () => suite((t) => both(t, newSqliteUrl(t))))
  const cluster = clusterUrl()
  const skip = typeof cluster === 'string' ? false : cluster.missing
  describe(`${name} on postgres`, { skip }, () =>
    suite(async (t) => both(t, await newPostgresUrl(cluster as string))),
  )
}
