import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { call, foundingPusher, loginUser, registerUser, type TestUser } from '../support/client.ts'
import { BUSES } from '../support/cluster-buses.ts'
import { startBelfryCluster } from '../support/cluster.ts'
import { clusterUrl, newPostgresUrl, noPostgres } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { noNats, startNatsServer } from '../support/nats-server.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { syncUntil, untilSyncsWait, WAIT_MS } from '../support/waiting-syncs.ts'

const cluster = clusterUrl()

/** Two processes, and a user of each. */
async function startTwo(t: TestContext, settings: Record<string, string>) {
  const { processes, add } = await startBelfryCluster(t, {
    database: await newPostgresUrl(cluster as string),
    settings,
    count: 1,
  })
  const other = await add()
  const [one] = processes
  assert.ok(one)
  const alice = await registerUser(one.url, 'alice')
  const bob = await registerUser(other.url, 'bob')
  const roomId = await alice.createRoom()
  await bob.post(`/join/${encodeURIComponent(roomId)}`)
  await eventually(async () => (await busOf(one.url)).peers === 1 && (await busOf(other.url)).peers === 1)
  return { one, other, alice, bob, roomId }
}

async function busOf(url: string): Promise<{ connected: boolean; peers: number }> {
  const { body } = await call(`${url}/health`)
  return body['bus'] as { connected: boolean; peers: number }
}

type Action = { at: string; shows: RegExp; act: () => Promise<unknown> }

/** A sync of the user waits at a server before the action, and its response shows the action. */
async function wakes(user: TestUser, { at, shows, act }: Action): Promise<void> {
  const shown = syncUntil(user, await tokenOf(user), shows)
  await untilSyncsWait(at, 1)
  await act()
  await shown
}

async function tokenOf(user: TestUser): Promise<string> {
  return ((await user.get('/sync?timeout=0')) as { next_batch: string }).next_batch
}

for (const { name, skip, settings } of BUSES)
  test(`two processes with the bus ${name}`, { skip }, async (t) => {
    const { one, other, alice, bob, roomId } = await startTwo(t, await settings(t))

    await t.test(
      'a sync that waits at one wakes for an event, a receipt and a to-device message at the other',
      async () => {
        const at = other.url
        await wakes(bob, { at, shows: /over there/, act: () => alice.say(roomId, 'over there') })
        const said = await bob.say(roomId, 'here')
        const shows = new RegExp(`"m.read":{"${alice.userId}"`)
        await wakes(bob, { at, shows, act: () => alice.read(roomId, said) })
        const messages = { [bob.userId]: { '*': { knock: 1 } } }
        const knock = () => alice.put('/sendToDevice/org.example.knock/1', { messages })
        await wakes(bob, { at, shows: /"knock":1/, act: knock })
      },
    )

    await t.test('a pusher that is set at one is poked for a message at the other', async () => {
      const gateway = await startPokeReceiver(t)
      await alice.post('/pushers/set', foundingPusher(gateway.url))
      const eventId = await bob.say(roomId, 'hello')
      await gateway.waitFor((poke) => poke.event_id === eventId)
    })

    await t.test('a session that ends at one ends the waiting sync at the other', async () => {
      await registerUser(one.url, 'carol')
      const laptop = await loginUser(one.url, 'carol')
      const phone = await loginUser(other.url, 'carol')
      const since = await tokenOf(phone)
      const waiting = call(`${other.url}/_matrix/client/v3/sync?timeout=${WAIT_MS}&since=${since}`, {
        token: phone.token,
      })
      await untilSyncsWait(other.url, 1)
      await call(`${one.url}/_matrix/client/v3/logout/all`, { token: laptop.token, body: {} })
      assert.equal((await waiting).status, 401)
    })
  })

describe('two processes with NATS', { skip: noPostgres() || noNats }, () => {
  test('have news while NATS is away, and when it is back', async (t) => {
    const nats = await startNatsServer(t)
    const { one, other, alice, bob, roomId } = await startTwo(t, { BELFRY_CLUSTER_BUS: nats.url })
    await nats.stop()
    await eventually(async () => !(await busOf(one.url)).connected && !(await busOf(other.url)).connected)
    const act = () => alice.say(roomId, 'without NATS')
    await wakes(bob, { at: other.url, shows: /without NATS/, act })
    await nats.restart()
    await eventually(async () => (await busOf(one.url)).peers === 1 && (await busOf(other.url)).peers === 1)
    await wakes(bob, { at: other.url, shows: /with NATS/, act: () => alice.say(roomId, 'with NATS') })
  })

  test('have the news of a process that is cut off from NATS', async (t) => {
    const nats = await startNatsServer(t)
    const proxy = await startTcpProxy(t, { port: nats.port, host: '127.0.0.1' })
    const { processes, add } = await startBelfryCluster(t, {
      database: await newPostgresUrl(cluster as string),
      settings: { BELFRY_CLUSTER_BUS: `nats://127.0.0.1:${proxy.port}` },
      count: 1,
    })
    const other = await add({ BELFRY_CLUSTER_BUS: nats.url })
    const [one] = processes
    assert.ok(one)
    const alice = await registerUser(one.url, 'alice')
    const bob = await registerUser(other.url, 'bob')
    const roomId = await alice.createRoom()
    await bob.post(`/join/${encodeURIComponent(roomId)}`)
    proxy.freeze()
    await eventually(async () => !(await busOf(one.url)).connected)
    // Longer than others remember a silent process.
    await eventually(async () => (await busOf(other.url)).peers === 0)
    const act = () => alice.say(roomId, 'from an island')
    await wakes(bob, { at: other.url, shows: /from an island/, act })
    proxy.mend()
    await eventually(async () => (await busOf(one.url)).connected)
  })
})
