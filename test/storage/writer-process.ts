// Run by durability.test.ts and server-lock.test.ts. Takes positions with eight parallel writers, and prints
// each position when its transaction is acknowledged, until the process is killed.
import { openDatabase } from '../../src/storage/open-database.ts'
import { silentLog } from '../support/log.ts'
import { takePosition } from '../support/take-position.ts'

const [, , url = '', mode] = process.argv
const database = await openDatabase(url, silentLog, { alone: mode === 'alone' })

async function write(): Promise<void> {
  for (;;) {
    const position = await takePosition(database)
    process.stdout.write(`${position}\n`)
  }
}
await Promise.all(Array.from({ length: 8 }, write))
