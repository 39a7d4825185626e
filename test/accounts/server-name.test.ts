import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { openServerDatabase } from '../../src/accounts/server-name.ts'
import { insertUser } from '../../src/accounts/users-store.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { UserId } from '../../src/lib/ids.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { clusterUrl, newPostgresUrl, temporaryFolder, newDataFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'

const cluster = clusterUrl()
const engines = [
  { name: 'sqlite', skip: false as const, url: async (t: TestContext) => sqliteIn(newDataFolder(t)) },
  {
    name: 'postgres',
    skip: typeof cluster === 'string' ? (false as const) : cluster.missing,
    url: () => newPostgresUrl(cluster as string),
  },
]

const sqliteIn = (folder: string) => `sqlite:${join(folder, 'belfry.db')}`

/** Opens the database as `belfry serve` does, with or without `--server-name`. Resolves to the name in use. */
async function nameAt(url: string, given?: string, as: 'server' | 'command' = 'server'): Promise<string> {
  const argv = ['--database', url, ...(given === undefined ? [] : ['--server-name', given])]
  const { db, config } = await openServerDatabase(loadConfig({ argv, env: {} }), {
    log: silentLog,
    now: 0,
    as,
  })
  await db[Symbol.asyncDispose]()
  return config.server_name
}

/** A database of an earlier version: with users, and without the server name. */
async function withUsers(url: string, ...users: string[]): Promise<string> {
  await using db = await openDatabase(url, silentLog)
  await db.transaction(async (tx) => {
    for (const userId of users)
      await tx.run(insertUser, { userId: userId as UserId, passwordHash: null, isAdmin: 0, now: 0 })
  })
  return url
}

const refusal =
  (...words: RegExp[]) =>
  (error: unknown) =>
    error instanceof ConfigError &&
    !error.message.includes('\n') &&
    words.every((word) => word.test(error.message))

for (const { name, skip, url } of engines) {
  describe(`the name of a server on ${name}`, { skip }, () => {
    test('is read from the database by later starts and commands', async (t) => {
      const address = await url(t)
      assert.equal(await nameAt(address, 'example.org'), 'example.org')
      assert.equal(await nameAt(address), 'example.org')
      assert.equal(await nameAt(address, undefined, 'command'), 'example.org')
    })

    test('a different configured name is refused in one line that contains both names', async (t) => {
      const address = await url(t)
      await nameAt(address, 'example.org')
      for (const as of ['server', 'command'] as const)
        await assert.rejects(
          nameAt(address, 'localhost', as),
          refusal(/belongs to the server "example\.org"/, /"server_name" is "localhost"/),
        )
      assert.equal(await nameAt(address), 'example.org')
    })

    test('is localhost for a new server without a configured name', async (t) => {
      assert.equal(await nameAt(await url(t)), 'localhost')
    })

    test('is stored in lower case, and the setting is accepted in any case', async (t) => {
      const address = await url(t)
      assert.equal(await nameAt(address, 'Example.ORG'), 'example.org')
      assert.equal(await nameAt(address, 'EXAMPLE.org'), 'example.org')
    })

    test('is taken from the user ids of an older database', async (t) => {
      const address = await withUsers(await url(t), '@alice:example.org:8448', '@bob:example.org:8448')
      await assert.rejects(nameAt(address, 'localhost'), refusal(/"example\.org:8448"/, /"localhost"/))
      assert.equal(await nameAt(address), 'example.org:8448')
    })

    test('keeps the case of the user ids of an older database', async (t) => {
      const address = await withUsers(await url(t), '@alice:Example.org')
      assert.equal(await nameAt(address, 'example.org'), 'Example.org')
      assert.equal(await nameAt(address), 'Example.org')
    })

    test('is taken from the setting when an older database has users of two servers', async (t) => {
      const address = await withUsers(await url(t), '@alice:example.org', '@dave:localhost', '@eve:localhost')
      await assert.rejects(
        nameAt(address),
        refusal(/"example\.org" and "localhost"|"localhost" and "example\.org"/),
      )
      await assert.rejects(nameAt(address, 'else.org'), refusal(/"example\.org"/, /"localhost"/))
      assert.equal(await nameAt(address, 'example.org'), 'example.org')
      assert.equal(await nameAt(address), 'example.org')
    })
  })
}

test('a command creates a database only when the configuration names the server', async (t) => {
  const folder = temporaryFolder(t)
  await assert.rejects(
    nameAt(sqliteIn(folder), undefined, 'command'),
    refusal(/there is no database at/, /--data/),
  )
  assert.equal(existsSync(join(folder, 'belfry.db')), false)
  assert.equal(await nameAt(sqliteIn(folder), 'example.org', 'command'), 'example.org')
})

test('a command refuses a database without a name and without users', async (t) => {
  const address = sqliteIn(temporaryFolder(t))
  await withUsers(address)
  await assert.rejects(nameAt(address, undefined, 'command'), refusal(/start its server first/))
})
