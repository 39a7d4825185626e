import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Database, StorageError } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { afterTest } from '../support/after-test.ts'
import { newDataFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'
import { takePosition } from '../support/take-position.ts'

const WRITER = fileURLToPath(new URL('writer-process.ts', import.meta.url))
const newUrl = (t: TestContext) => `sqlite:${join(newDataFolder(t), 'belfry.db')}`

const serve = async (t: TestContext, url: string): Promise<Database> => {
  const db = await openDatabase(url, silentLog, { alone: true })
  afterTest(t, () => db[Symbol.asyncDispose]())
  return db
}
const write = (db: Database) => takePosition(db)

const isServedByOther = (error: unknown) =>
  error instanceof StorageError && /^Another process serves the [^\n]*database/.test(error.message)

describe('the lock of the server on SQLite', () => {
  test('a second server is refused until the first has closed', async (t) => {
    const address = newUrl(t)
    const first = await serve(t, address)
    await assert.rejects(openDatabase(address, silentLog, { alone: true }), isServedByOther)
    assert.equal(await write(first), 1, 'the first server still writes')
    await first[Symbol.asyncDispose]()
    assert.equal(await write(await serve(t, address)), 2)
  })

  test('a command can write while a server runs', async (t) => {
    const address = newUrl(t)
    const server = await serve(t, address)
    await using command = await openDatabase(address, silentLog)
    assert.deepEqual([await write(server), await write(command), await write(server)], [1, 2, 3])
  })

  test('a server can start after the process of the last one was killed', async (t) => {
    const address = newUrl(t)
    const killed = spawn(process.execPath, [WRITER, address, 'alone'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    afterTest(t, () => killed.kill('SIGKILL'))
    const ended = once(killed, 'exit')
    await once(createInterface({ input: killed.stdout }), 'line')
    await assert.rejects(openDatabase(address, silentLog, { alone: true }), isServedByOther)
    killed.kill('SIGKILL')
    await ended
    assert.ok((await write(await serve(t, address))) > 1)
  })
})

describe('the lock on SQLite', () => {
  test('is a file with mode 600 that stays after the server stopped', async (t) => {
    const path = join(newDataFolder(t), 'belfry.db')
    await (await openDatabase(`sqlite:${path}`, silentLog))[Symbol.asyncDispose]()
    assert.equal(existsSync(`${path}.lock`), false, 'a command takes no lock')
    const server = await serve(t, `sqlite:${path}`)
    const { mode, size } = statSync(`${path}.lock`)
    assert.equal(mode & 0o777, 0o600)
    assert.ok(size > 0)
    await server[Symbol.asyncDispose]()
    assert.equal(statSync(`${path}.lock`).size, size)
  })
})
