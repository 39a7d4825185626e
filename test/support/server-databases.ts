import { describe, type TestContext } from 'node:test'
import { clusterUrl, newPostgresUrl } from './databases.ts'

/**
 * Runs the same suite of journeys on both databases. `flags`: the flags with which a test server uses a new
 * database.
 */
export function onEachServerDatabase(
  name: string,
  suite: (flags: (t: TestContext) => Promise<string[]>) => void,
): void {
  describe(`${name} on sqlite`, () => suite(async () => []))
  const cluster = clusterUrl()
  const skip = typeof cluster === 'string' ? false : cluster.missing
  describe(`${name} on postgres`, { skip }, () =>
    suite(async () => ['--database', await newPostgresUrl(cluster as string)]),
  )
}
