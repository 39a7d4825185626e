import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openDatabase } from '../../src/storage/open-database.ts'
import { currentPosition } from '../support/current-position.ts'
import { newDataFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'

const WRITER = fileURLToPath(new URL('writer-process.ts', import.meta.url))

describe('durability', () => {
  test('transactions that were acknowledged before SIGKILL exist after a restart', async (t) => {
    const url = `sqlite:${join(newDataFolder(t), 'belfry.db')}`
    const writer = spawn(process.execPath, [WRITER, url], { stdio: ['ignore', 'pipe', 'inherit'] })
    let acknowledged = 0
    for await (const line of createInterface({ input: writer.stdout })) {
      acknowledged = Math.max(acknowledged, Number(line))
      if (acknowledged >= 500 && !writer.killed) writer.kill('SIGKILL')
    }
    if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit')
    await using database = await openDatabase(url, silentLog)
    assert.ok((await currentPosition(database)) >= acknowledged)
    assert.ok(acknowledged >= 500)
  })
})
