import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { afterTest } from '../support/after-test.ts'
import { call, PASSWORD, registerUser } from '../support/client.ts'
import { BUSES, theBus } from '../support/cluster-buses.ts'
import { type ClusterOptions, startBelfryCluster } from '../support/cluster.ts'
import { BUSY, mixedWrites, sameTransactions } from '../support/concurrent-writes.ts'
import { clusterUrl, emptyPostgresUrl, newPostgresUrl } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'

const cluster = clusterUrl()
const USERS = 12
const SHARDS = 16
/** Of each user, one after the other. */
const ROUNDS = 3

describe('several processes that write at the same time', { skip: theBus.skip }, () => {
  test('mixed writes through two processes on a stream of 16 shards all succeed, without a deadlock', async (t) => {
    const database = await emptyPostgresUrl(cluster as string)
    const { url, users, roomIds } = await startTwo(t, USERS, {
      database,
      settings: { ...(await theBus.settings(t)), BELFRY_DATABASE_SHARDS: String(SHARDS) },
    })
    const client = await connect(t, database)
    const receiver = await startPokeReceiver(t)
    const statuses = await mixedWrites({ users, roomIds, gateway: receiver.url, rounds: ROUNDS })
    // On a slow machine a group can wait for the lock of its shard for longer than the limit. Clients repeat
    // the request.
    assert.deepEqual(
      [...statuses.keys()].filter((status) => status !== BUSY),
      ['200'],
    )
    assert.equal((await call(`${url}/health`)).body['status'], 'ok')
    const { rows } = await client.query<{ deadlocks: string; shards: string }>(
      `select (select deadlocks from pg_stat_database where datname = current_database()) as deadlocks,
        (select count(*) from stream where position > 0) as shards`,
    )
    assert.deepEqual(
      rows.map((row) => [Number(row.deadlocks), Number(row.shards) > 8]),
      [[0, true]],
    )
  })
})

for (const bus of BUSES)
  test(`two processes behind a load balancer with the bus ${bus.name}`, { skip: bus.skip }, async (t) => {
    const settings = await bus.settings(t)
    const database = await newPostgresUrl(cluster as string)
    const { url, processes, alice } = await startTwo(t, 0, { database, settings })

    await t.test('users who join at once are counted one after the other', async () => {
      const roomId = await alice.createRoom()
      const names = Array.from({ length: 24 }, (_, n) => `joiner${n}`)
      const joiners = await Promise.all(names.map((name) => registerUser(url, name)))
      await Promise.all(joiners.map((user) => user.post(`/join/${encodeURIComponent(roomId)}`)))
      const { joined } = await alice.get(`/rooms/${encodeURIComponent(roomId)}/joined_members`)
      assert.equal(Object.keys(joined as object).length, 25)
      const { body } = await call(`${url}/_matrix/client/v1/room_summary/${encodeURIComponent(roomId)}`, {
        token: alice.token,
      })
      assert.equal(body['num_joined_members'], 25)
    })

    await t.test('a message with one transaction id that both get at once is stored once', async () => {
      const roomId = await alice.createRoom()
      const urls = processes.map((process) => process.url)
      assert.deepEqual(await sameTransactions(urls, { user: alice, roomId, count: 40, name: 'same' }), [])
      const { chunk } = await alice.get(`/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=100`)
      const bodies = (chunk as { type: string; content: { body?: string } }[]).flatMap(({ type, content }) =>
        type === 'm.room.message' ? [content.body] : [],
      )
      assert.equal(bodies.length, 40)
    })

    await t.test(
      'an authentication that begins at one ends at the other, and typing at one is seen at the other',
      async () => {
        const [one, other] = processes.map((process) => `${process.url}/_matrix/client/v3`)
        const removal = (base: string | undefined, auth?: Record<string, unknown>) =>
          call(`${base}/devices/${alice.deviceId}`, {
            method: 'DELETE',
            token: alice.token,
            body: auth === undefined ? {} : { auth },
          })
        const bob = await registerUser(url, 'bob')
        const roomId = await bob.createRoom()
        await alice.post(`/join/${encodeURIComponent(roomId)}`)
        const typing = `${one}/rooms/${encodeURIComponent(roomId)}/typing/${encodeURIComponent(bob.userId)}`
        const body = { typing: true, timeout: 30_000 }
        assert.equal((await call(typing, { method: 'PUT', token: bob.token, body })).status, 200)
        await eventually(async () => {
          const sync = await call(`${other}/sync?timeout=0`, { token: alice.token })
          return JSON.stringify(sync.body['rooms']).includes(JSON.stringify({ user_ids: [bob.userId] }))
        })
        const asked = await removal(one)
        assert.equal(asked.status, 401)
        const auth = {
          type: 'm.login.password',
          identifier: { type: 'm.id.user', user: alice.userId },
          password: PASSWORD,
          session: asked.body['session'],
        }
        assert.equal((await removal(other, auth)).status, 200)
        assert.equal((await call(`${one}/account/whoami`, { token: alice.token })).status, 401)
      },
    )
  })

/** Two processes behind a proxy; Alice, and users in rooms of hers. */
async function startTwo(t: TestContext, count: number, options: ClusterOptions) {
  const { url, processes } = await startBelfryCluster(t, options)
  const alice = await registerUser(url, 'alice')
  const roomIds = [await alice.createRoom(), await alice.createRoom(), await alice.createRoom()]
  const users = await Promise.all(Array.from({ length: count }, (_, n) => registerUser(url, `user${n}`)))
  for (const user of users)
    for (const roomId of roomIds) await user.post(`/join/${encodeURIComponent(roomId)}`)
  return { url, processes, alice, users, roomIds }
}

async function connect(t: TestContext, connectionString: string): Promise<Client> {
  const client = new Client({ connectionString })
  await client.connect()
  afterTest(t, () => client.end())
  return client
}
