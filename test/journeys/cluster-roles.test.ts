import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ClusterStatus } from '../../src/app.ts'
import { afterTest } from '../support/after-test.ts'
import { call, foundingPusher, registerUser } from '../support/client.ts'
import { theBus } from '../support/cluster-buses.ts'
import { startBelfryCluster } from '../support/cluster.ts'
import { clusterUrl, newPostgresUrl, temporaryFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { launchBelfry, runBelfry } from '../support/process.ts'

/** The interval in which delivery looks at the database without a wake-up. */
const SWEEP_MS = 5000

type Health = { status: string; roles: string[]; cluster: { processes: number; missing_roles: string[] } }

async function healthOf(url: string): Promise<Health> {
  const { status, body } = await call(`${url}/health`)
  assert.equal(status, 200)
  return body as Health
}

const PUBLIC_URL = 'https://matrix.example.org'
const APP = 'org.example.up'
/** Of the own gateway. */
const SETTINGS = {
  BELFRY_PUBLIC_URL: PUBLIC_URL,
  BELFRY_GATEWAY_APPS: JSON.stringify({ [APP]: { type: 'unifiedpush' } }),
}

test('a process with the role http, and workers', { skip: theBus.skip }, async (t) => {
  const database = await newPostgresUrl(clusterUrl() as string)
  const settings = { ...SETTINGS, ...(await theBus.settings(t)) }
  const { url, addWorker, processes } = await startBelfryCluster(t, {
    database,
    count: 1,
    settings: { ...settings, BELFRY_ROLES: 'http' },
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

  const findings = async () => {
    const { body } = await call(`${url}/_belfry/v1/doctor`, { token: alice.token })
    return (body['findings'] as { code: string }[]).map(({ code }) => code)
  }

  await t.test('without a worker the pokes wait, and /health and the doctor say so', async () => {
    waiting.push(await bob.say(roomId, 'one'), await bob.say(roomId, 'two'))
    const { status, roles, cluster } = await healthOf(url)
    assert.deepEqual({ status, roles }, { status: 'ok', roles: ['http'] })
    assert.deepEqual(cluster, { processes: 1, missing_roles: ['delivery', 'gateway', 'sweep'] })
    assert.equal(gateway.pokes.length, 0)
    assert.ok((await findings()).includes('no process delivers'))
  })

  const worker = await addWorker()
  await t.test('a worker sends what waited, in order, and its roles are not missing', async () => {
    await gateway.waitFor((poke) => poke.event_id === waiting[1])
    assert.deepEqual(
      gateway.pokes.map((poke) => poke.event_id),
      waiting,
    )
    await eventually(async () => (await healthOf(url)).cluster.missing_roles.join() === 'gateway')
    assert.ok(!(await findings()).includes('no process delivers'))
  })

  await t.test('a worker serves its health and metrics, and no API for clients', async () => {
    const { roles, cluster } = await healthOf(worker.url)
    assert.deepEqual({ roles, processes: cluster.processes }, { roles: ['delivery', 'sweep'], processes: 2 })
    assert.equal((await fetch(`${worker.url}/ready`)).status, 200)
    assert.equal((await fetch(`${worker.url}/metrics`)).status, 200)
    for (const path of ['/_matrix/client/versions', '/_matrix/push/v1/notify', '/_belfry/console/'])
      assert.equal((await fetch(worker.url + path)).status, 404, path)
  })

  await t.test('belfry cluster status shows both, their roles, tasks, leases and bus', async () => {
    await eventually(async () => {
      const metrics = await (await fetch(`${worker.url}/metrics`)).text()
      return (
        /^belfry_cluster_processes\{role="delivery"\} 1$/m.test(metrics) &&
        /^belfry_cluster_task\{task="sweep"\} 1$/m.test(metrics)
      )
    })
    const { code, stdout } = await runBelfry(t, ['cluster', 'status', '--json', '--database', database])
    const status = JSON.parse(stdout) as ClusterStatus
    assert.deepEqual([code, status.missing_roles, status.is_served], [1, ['gateway'], true])
    assert.deepEqual(
      status.processes.map(({ pid, roles, is_alive, has_other_settings }) => ({
        pid,
        roles,
        is_alive,
        has_other_settings,
      })),
      [
        { pid: http.pid, roles: ['http'], is_alive: true, has_other_settings: false },
        { pid: worker.pid, roles: ['delivery', 'sweep'], is_alive: true, has_other_settings: false },
      ],
    )
    assert.deepEqual(
      status.processes.map(({ bus }) => bus?.kind),
      [theBus.name, theBus.name],
    )
    assert.deepEqual(status.processes.flatMap(({ tasks }) => tasks).toSorted(), ['cluster', 'sweep'])
    assert.ok(status.processes[1]?.tasks.includes('sweep'))
    assert.equal(status.processes[1]?.leases.poke, 1)
  })

  const push = await startPokeReceiver(t)
  await t.test(
    'a poke for the own gateway that fails at the worker waits for a process with the role gateway',
    async () => {
      push.respondWith({ status: 429 })
      const carol = await registerUser(url, 'carol')
      await carol.post(`/join/${encodeURIComponent(roomId)}`)
      const pusher = { pushkey: push.url, app_id: APP }
      await carol.post('/pushers/set', foundingPusher(`${PUBLIC_URL}/_matrix/push/v1/notify`, pusher))
      const eventId = await bob.say(roomId, 'for the own gateway')
      await push.waitFor((poke) => poke.event_id === eventId)
    },
  )

  await t.test(
    'belfry gateway with the settings of the server has the role gateway, and sends what waits',
    async (gatewayTest) => {
      const data = temporaryFolder(gatewayTest)
      const args = ['gateway', '--database', database, '--listen', '127.0.0.1:0', '--log-level', 'error']
      const flags = ['--data', data, '--allow-push-to', '127.0.0.0/8']
      assert.equal(push.pokes.length, 1)
      push.respondWith({})
      const process = launchBelfry([...args, ...flags], { env: settings })
      afterTest(gatewayTest, () => process.end('SIGKILL'))
      const own = await process.ready
      assert.deepEqual((await healthOf(own)).roles, ['gateway'])
      await eventually(() => push.pokes.length === 2)
      assert.equal(push.pokes[1]?.event_id, push.pokes[0]?.event_id)
      const notification = { devices: [{ app_id: 'org.example.unknown', pushkey: 'a' }] }
      const { status, body } = await call(`${own}/_matrix/push/v1/notify`, { body: { notification } })
      assert.deepEqual([status, body], [200, { rejected: [] }])
      assert.equal((await fetch(`${own}/_matrix/client/versions`)).status, 404)
      assert.equal(await process.end('SIGTERM'), 0)
      const file = join(data, 'gateway.yaml')
      writeFileSync(file, `apps: {${APP}: {type: unifiedpush}}`)
      const { code, stderr } = await runBelfry(gatewayTest, [...args, ...flags, '--config', file])
      assert.equal(code, 2)
      assert.match(stderr, /belongs to the home server "[^"]+", which has a gateway of its own/)
    },
  )

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
