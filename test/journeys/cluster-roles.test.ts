import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, foundingPusher, registerUser } from '../support/client.ts'
import { noCluster, startBelfryCluster } from '../support/cluster.ts'
import { clusterUrl, newPostgresUrl } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { runBelfry } from '../support/process.ts'

/** The interval in which delivery looks at the database without a wake-up. */
const SWEEP_MS = 5000

type Health = { status: string; roles: string[]; cluster: { processes: number; missing_roles: string[] } }

async function healthOf(url: string): Promise<Health> {
  const { status, body } = await call(`${url}/health`)
  assert.equal(status, 200)
  return body as Health
}

const skip = noCluster

test('a process with the role http, and workers', { skip }, async (t) => {
  const { url, addWorker, processes } = await startBelfryCluster(t, {
    database: await newPostgresUrl(clusterUrl() as string),
    count: 1,
    settings: { BELFRY_ROLES: 'http,gateway' },
  })
  const [http] = processes
  assert.ok(http)
  const gateway = await startPokeReceiver(t)
  const alice = await registerUser(url, 'alice')
  const bob = await registerUser(url, 'bob')
  await alice.post('/pushers/set', foundingPusher(gateway.url))
  const roomId = await bob.createRoom()
  await alice.post(`/join/${encodeURIComponent(roomId)}`)
  const waiting: string[] = []

  await t.test('without a worker the pokes wait, and /health names the missing roles', async () => {
    waiting.push(await bob.say(roomId, 'one'), await bob.say(roomId, 'two'))
    const { status, roles, cluster } = await healthOf(url)
    assert.deepEqual({ status, roles }, { status: 'ok', roles: ['http', 'gateway'] })
    assert.deepEqual(cluster, { processes: 1, missing_roles: ['delivery', 'sweep'] })
    assert.equal(gateway.pokes.length, 0)
  })

  const worker = await addWorker()
  await t.test('a worker sends what waited, in order, and no role is missing', async () => {
    await gateway.waitFor((poke) => poke.event_id === waiting[1])
    assert.deepEqual(
      gateway.pokes.map((poke) => poke.event_id),
      waiting,
    )
    await eventually(async () => (await healthOf(url)).cluster.missing_roles.length === 0)
  })

  await t.test('a worker serves its health and metrics, and no API for clients', async () => {
    const { roles, cluster } = await healthOf(worker.url)
    assert.deepEqual({ roles, processes: cluster.processes }, { roles: ['delivery', 'sweep'], processes: 2 })
    assert.equal((await fetch(`${worker.url}/ready`)).status, 200)
    assert.equal((await fetch(`${worker.url}/metrics`)).status, 200)
    for (const path of ['/_matrix/client/versions', '/_matrix/push/v1/notify', '/_belfry/console/'])
      assert.equal((await fetch(worker.url + path)).status, 404, path)
  })

  await t.test('an event wakes the worker at once', async () => {
    await eventually(async () => {
      const from = performance.now()
      const eventId = await bob.say(roomId, 'hello')
      await gateway.waitFor((poke) => poke.event_id === eventId)
      const ms = performance.now() - from
      t.diagnostic(`the poke came ${Math.round(ms)} ms after the request`)
      return ms < SWEEP_MS / 5
    })
  })

  await t.test('another worker continues when a worker is killed while it sends', async () => {
    const answer = Promise.withResolvers<void>()
    gateway.respondWith(async () => {
      await answer.promise
      return {}
    })
    const held = await bob.say(roomId, 'held')
    await gateway.waitFor((poke) => poke.event_id === held)
    await addWorker()
    await worker.end('SIGKILL')
    gateway.pokes.length = 0
    gateway.respondWith({})
    answer.resolve()
    const next = await bob.say(roomId, 'next')
    await gateway.waitFor((poke) => poke.event_id === next)
    assert.deepEqual(
      gateway.pokes.map((poke) => poke.event_id),
      [held, next],
    )
  })
})

test('a worker does not start on SQLite', async (t) => {
  const { code, stdout, stderr } = await runBelfry(t, ['worker', '--data', '/nonexistent'])
  assert.deepEqual([code, stdout], [2, ''])
  assert.match(
    stderr,
    /^belfry: bad value for "roles" \(delivery, sweep\): one process serves a SQLite database [^\n]+\n$/,
  )
})
