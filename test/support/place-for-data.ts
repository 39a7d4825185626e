import { existsSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'

const IN_MEMORY = '/dev/shm'
const ENOUGH_BYTES = 4 * 1024 ** 3

/**
 * The folder for the data directories of tests. In memory if there is enough, because the tests commit tens
 * of thousands of transactions and create and drop a thousand databases: on a disk each commit waits some
 * milliseconds.
 */
export function placeForData(): string {
  if (!existsSync(IN_MEMORY)) return tmpdir()
  const { bavail, bsize } = statfsSync(IN_MEMORY)
  return bavail * bsize >= ENOUGH_BYTES ? IN_MEMORY : tmpdir()
}
