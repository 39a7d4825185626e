import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { afterTest } from '../support/after-test.ts'
import { foundingPusher, registerUser } from '../support/client.ts'
import { clusterUrl, newPostgresUrl, temporaryFolder, newDataFolder } from '../support/databases.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { launchBelfry, runBelfry, startProcess } from '../support/process.ts'

const REFUSAL =
  /^belfry: Another process serves the (PostgreSQL )?database[^\n]*, and only one may\. Stop it, or [^\n]*\n$/

const cluster = clusterUrl()
const engines = [
  { name: 'sqlite', skip: false as const, settings: async () => ({}) },
  {
    name: 'postgres',
    skip: typeof cluster === 'string' ? (false as const) : cluster.missing,
    settings: async () => ({ BELFRY_DATABASE: await newPostgresUrl(cluster as string) }),
  },
]

for (const { name, skip, settings } of engines) {
  describe(`the processes of a database on ${name}`, { skip }, () => {
    test(
      'a second serve on the same data directory exits with one line, and the first continues',
      { skip: name === 'postgres' },
      async (t) => {
        const data = newDataFolder(t)
        const environment: Record<string, string> = await settings()
        const server = await startProcess(t, data, environment)
        const database = environment['BELFRY_DATABASE']
        const args = ['serve', '--listen', '127.0.0.1:0', '--log-level', 'error', '--data', data]
        const second = await runBelfry(t, database === undefined ? args : [...args, '--database', database])
        assert.deepEqual([second.code, second.stdout], [1, ''])
        assert.match(second.stderr, REFUSAL)
        const alice = await registerUser(server.url, 'alice')
        assert.equal(alice.userId, '@alice:localhost')
      },
    )

    test('a gateway refuses the database of a home server in one line', async (t) => {
      const data = newDataFolder(t)
      const environment: Record<string, string> = await settings()
      const server = await startProcess(t, data, environment)
      assert.equal(await server.end('SIGTERM'), 0)
      const file = join(data, 'gateway.yaml')
      writeFileSync(file, 'http: {port: 0}\napps: {up: {type: unifiedpush}}\n')
      const database = environment['BELFRY_DATABASE'] ?? `sqlite:${join(data, 'belfry.db')}`
      const args = ['gateway', '--config', file, '--data', data, '--database', database]
      const gateway = await runBelfry(t, [...args, '--log-level', 'error'])
      assert.equal(gateway.stdout, '')
      assert.notEqual(gateway.code, 0)
      assert.match(
        gateway.stderr,
        /^belfry: [^\n]*belongs to the home server "localhost"[^\n]* --database\n$/,
      )
    })

    test('after SIGKILL during a poke, the next start sends the poke without waiting for the lease', async (t) => {
      const data = newDataFolder(t)
      const environment = await settings()
      const first = await startProcess(t, data, environment)
      const gateway = await startPokeReceiver(t)
      const alice = await registerUser(first.url, 'alice')
      const bob = await registerUser(first.url, 'bob')
      await alice.post('/pushers/set', foundingPusher(gateway.url))
      const roomId = await bob.createRoom()
      await alice.post(`/join/${encodeURIComponent(roomId)}`)
      const isKilled = Promise.withResolvers<void>()
      gateway.respondWith(async () => {
        await isKilled.promise
        return { status: 500 }
      })
      const eventId = await bob.say(roomId, 'hello')
      await gateway.waitFor((poke) => poke.event_id === eventId)
      await first.end('SIGKILL')
      isKilled.resolve()
      gateway.pokes.length = 0
      gateway.respondWith({})
      const second = await startProcess(t, data, environment)
      await gateway.waitFor((poke) => poke.event_id === eventId)
      assert.equal(await second.end('SIGTERM'), 0)
    })
  })
}

describe('one process for one gateway', () => {
  const gatewayIn = (t: TestContext) => {
    const folder = temporaryFolder(t)
    const file = join(folder, 'gateway.yaml')
    writeFileSync(file, 'http: {port: 0}\napps: {up: {type: unifiedpush}}\n')
    return ['--config', file, '--data', folder, '--log-level', 'error']
  }

  test('a second belfry gateway on the same data directory exits, and gateway trace works beside the first', async (t) => {
    const options = gatewayIn(t)
    const gateway = launchBelfry(['gateway', ...options])
    afterTest(t, () => gateway.end('SIGKILL'))
    await gateway.ready
    const second = await runBelfry(t, ['gateway', ...options])
    assert.deepEqual([second.code, second.stdout], [1, ''])
    assert.match(second.stderr, REFUSAL)
    const trace = await runBelfry(t, ['gateway', 'trace', '$event', ...options])
    assert.deepEqual([trace.code, trace.stderr], [1, ''])
    assert.match(trace.stdout, /^The gateway has no record of this event/)
    assert.equal(await gateway.end('SIGTERM'), 0)
  })
})
