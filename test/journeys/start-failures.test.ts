import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { openDatabase } from '../../src/storage/open-database.ts'
import { afterTest } from '../support/after-test.ts'
import { damage } from '../support/damage-database.ts'
import { newDataFolder, temporaryFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'
import { type Ended, launchBelfry, runBelfry } from '../support/process.ts'
import { runHere } from '../support/run-command.ts'

const SERVE = ['serve', '--listen', '127.0.0.1:0', '--log-level', 'silent']

/** Runs `belfry serve` until it exits. `through`: a program that runs it. */
const start = (t: TestContext, args: readonly string[], through: readonly string[] = []) =>
  runBelfry(t, [...SERVE, ...args], { through })

/** As `start`, in this process. */
async function startHere(args: readonly string[]): Promise<Omit<Ended, 'signal'>> {
  const { code, out, err } = await runHere([...SERVE, ...args])
  return { code, stdout: out, stderr: `${err}\n` }
}

function assertOneLine({ code, stdout, stderr }: Omit<Ended, 'signal'>, expected: RegExp): void {
  assert.deepEqual([code, stdout], [1, ''], stderr)
  assert.match(stderr, /^belfry: [^\n]+\n$/)
  assert.match(stderr, expected)
}

/** A data directory with a database. The first page of each named table is overwritten. */
async function dataWith(t: TestContext, ...damaged: string[]): Promise<string> {
  const data = newDataFolder(t)
  const path = join(data, 'belfry.db')
  await (await openDatabase(`sqlite:${path}`, silentLog))[Symbol.asyncDispose]()
  damage(path, ...damaged)
  return data
}

describe('a start on an unusable database exits 1 with one line', () => {
  for (const table of ['pushers', 'lanes', 'gateway_queue', 'stream', 'server_keys'])
    test(`if a page of the table ${table} is damaged`, async (t) => {
      const data = await dataWith(t, table)
      assertOneLine(
        await startHere(['--data', data]),
        /belfry\.db: it is damaged, .* Restore it from a backup/,
      )
    })

  test('if the file is not a database', async (t) => {
    const data = temporaryFolder(t)
    writeFileSync(join(data, 'belfry.db'), 'a shopping list')
    assertOneLine(await startHere(['--data', data]), /belfry\.db: it is damaged, or not a database/)
  })

  test('if the path is a directory', async (t) => {
    const data = temporaryFolder(t)
    mkdirSync(join(data, 'belfry.db'))
    assertOneLine(await startHere(['--data', data]), /belfry\.db: it cannot be opened\. It must be a file/)
  })

  test('if its directory cannot be created', { skip: process.platform !== 'linux' }, async (t) => {
    assertOneLine(await start(t, ['--data', '/proc/belfry/data']), /ENOENT: .*mkdir '\/proc\/belfry'/)
  })

  const missing = spawnSync('prlimit', ['--version']).error ? 'prlimit is not installed' : false

  test('if its disk is full', { skip: missing }, async (t) => {
    const data = await dataWith(t)
    assertOneLine(
      await start(t, ['--data', data], ['prlimit', '--fsize=0']),
      /belfry\.db: its disk refuses to work/,
    )
  })

  test('if no PostgreSQL listens at the address', async () => {
    const url = 'postgres://belfry:secret-password@localhost:1/belfry'
    const ended = await startHere(['--database', url])
    assertOneLine(ended, /Cannot use the PostgreSQL database: connect ECONNREFUSED/)
    assert.doesNotMatch(ended.stderr, /secret-password/)
  })

  test('if PostgreSQL is too old', async (t) => {
    const url = await fakePostgres(t, '140011', '14.11')
    assertOneLine(
      await startHere(['--database', url]),
      /PostgreSQL 15 or later is needed, and this server is 14\.11/,
    )
  })
})

test('SIGTERM ends a start that waits for its database', async (t) => {
  const mute = createServer()
  const port = await listening(t, mute)
  const server = launchBelfry([...SERVE, '--database', `postgres://x@127.0.0.1:${port}/x`])
  afterTest(t, () => server.end('SIGKILL'))
  const [socket] = (await once(mute, 'connection')) as [AsyncDisposable & { destroy(): void }]
  afterTest(t, () => socket.destroy())
  assert.equal(await server.end('SIGTERM'), null, 'the signal ended the process')
})

async function listening(t: TestContext, server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(t, () => void server.close())
  return (server.address() as AddressInfo).port
}

/** Implements the part of PostgreSQL's protocol (version 3) that reports the version. */
async function fakePostgres(t: TestContext, number: string, version: string): Promise<string> {
  const message = (type: string, body: Buffer) => {
    const head = Buffer.from(`${type}0000`)
    head.writeInt32BE(body.length + 4, 1)
    return Buffer.concat([head, body])
  }
  const int16 = (value: number) => Buffer.from([value >> 8, value & 0xff])
  const int32 = (value: number) => Buffer.concat([int16(value >> 16), int16(value & 0xffff)])
  const ready = message('Z', Buffer.from('I'))
  const TEXT = 25
  const column = (name: string) =>
    Buffer.concat([Buffer.from(`${name}\0`), int32(0), int16(0), int32(TEXT), int16(-1), int32(-1), int16(0)])
  const field = (value: string) => Buffer.concat([int32(value.length), Buffer.from(value)])
  const response = Buffer.concat([
    message('T', Buffer.concat([int16(2), column('number'), column('version')])),
    message('D', Buffer.concat([int16(2), field(number), field(version)])),
    message('C', Buffer.from('SELECT 1\0')),
    ready,
  ])
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.write(Buffer.concat([message('R', int32(0)), ready]))
      socket.on('data', (data) => void (data[0] === 0x51 && socket.write(response)))
    })
  })
  return `postgres://x@127.0.0.1:${await listening(t, server)}/x`
}
