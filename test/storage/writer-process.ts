// Run by durability.test.ts: takes positions as fast as it can, from eight writers at once, and prints each one when
// its transaction has been acknowledged, until it is killed.
import { openDatabase } from '../../src/storage/open-database.ts'
import { nextPosition } from '../../src/storage/stream.ts'
import { silentLog } from '../support/log.ts'

const [, , url = '', mode] = process.argv
const database = await openDatabase(url, silentLog, { alone: mode === 'alone' })

async function write(): Promise<void> {
  for (;;) {
    const position = await database.transaction((tx) => nextPosition(tx))
    process.stdout.write(`${position}\n`)
  }
}
await Promise.all(Array.from({ length: 8 }, write))
