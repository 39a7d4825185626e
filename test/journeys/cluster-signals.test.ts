import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { afterTest } from '../support/after-test.ts'
import { foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { type ClusterProcess, startBelfryCluster } from '../support/cluster.ts'
import { clusterUrl, newPostgresUrl, noPostgres } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { noNats, startNatsServer } from '../support/nats-server.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { skipSlow } from '../support/slow-tests.ts'
import { startRoundRobin } from '../support/round-robin.ts'
import {
  ANSWER_WITHIN_MS,
  latest,
  startHomeServer,
  startPushServer,
  startSenders,
  type Times,
} from './signals-fixture.ts'

// Two processes of each role: http, workers (delivery and sweep), gateways. Under load one of each is stopped
// with SIGSTOP past its death and continues; then the other ones are killed. With SIGNALS_BUS=nats on that
// bus, else on the one of PostgreSQL.

/** A stopped process counts as dead after 10 s. */
const AT_MOST_MS = 15_000
const SENDERS = 3
const ROOMS = 3
const DEVICES = 2
const READY_EVERY_MS = 100
const APP = 'org.example.up'
const isOnNats = process.env['SIGNALS_BUS'] === 'nats'

const skip = skipSlow || noPostgres() || (isOnNats && noNats)

test('processes of each role are stopped and killed under load', { skip }, async (t) => {
  const { url, gatewayUrl, http, workers, gateways, live, sweeper } = await startRoles(t)
  const receiver = await startPokeReceiver(t)
  const poked: Times = new Map()
  receiver.respondWith(({ event_id: eventId }) => {
    if (eventId !== undefined && !poked.has(eventId)) poked.set(eventId, performance.now())
    return {}
  })
  const push = await startPushServer(t)
  const { alice, senders, roomIds } = await createRooms(url)
  await alice.post('/pushers/set', foundingPusher(receiver.url))
  const load = startSenders(url, { users: senders, roomIds, arrived: poked })
  const pushkeys = Array.from({ length: DEVICES }, (_, n) => `${push.url}/${n}`)
  const notifications = startHomeServer(gatewayUrl, { appId: APP, pushkeys, arrived: push.arrived })
  /** What was acknowledged before the call has arrived. */
  const allArrived = async () => {
    const [sent, notified] = [[...load.acknowledged.keys()], [...notifications.acknowledged.keys()]]
    await eventually(() => sent.every((id) => poked.has(id)) && notified.every((id) => push.arrived.has(id)))
  }
  const goesOn = async () => {
    await Promise.all([load.more(), notifications.more()])
    await allArrived()
  }
  await goesOn()

  await t.test('one of each role is stopped and continues: the other one takes over its work', async () => {
    const pid = await eventually(sweeper)
    const leading = workers[0].pid === pid ? workers[0] : workers[1]
    const stopped = [http[0], leading, gateways[0]]
    for (const one of stopped) one.pause()
    await goesOn()
    await eventually(async () => (await live()).length === stopped.length)
    await eventually(async () => ![undefined, pid].includes(await sweeper()))
    for (const one of stopped) one.resume()
    await eventually(async () => (await live()).length === 2 * stopped.length)
    await goesOn()
  })

  await t.test('one of each role is killed: the other one takes over its work', async () => {
    const pid = await eventually(sweeper)
    const leading = workers[0].pid === pid ? workers[0] : workers[1]
    for (const one of [gateways[1], leading, http[1]]) {
      await one.end('SIGKILL')
      await goesOn()
    }
    await eventually(async () => (await live()).length === 3)
    await eventually(async () => ![undefined, pid].includes(await sweeper()))
  })

  await t.test(
    'nothing acknowledged is lost or stored twice, and the order of each room is kept',
    async () => {
      await Promise.all([load.end(), notifications.end()])
      await allArrived()
      const orders = await Promise.all(roomIds.map((roomId) => messagesIn(alice, roomId)))
      assert.deepEqual(orders.flat().toSorted(), [...load.acknowledged.keys()].toSorted())
      for (const order of orders)
        assert.deepEqual(
          [...poked.keys()].filter((id) => order.includes(id)),
          order,
        )
      const late = {
        pokes: latest(load.acknowledged, poked),
        pushes: latest(notifications.acknowledged, push.arrived),
      }
      t.diagnostic(
        `${poked.size} pokes and ${push.arrived.size} pushes, at most ${late.pokes} and ${late.pushes} ms late`,
      )
      assert.ok(Math.max(late.pokes, late.pushes) <= AT_MOST_MS)
      const wrong = [...load.statuses, ...notifications.statuses].filter(
        (one) => ![0, 200, 503].includes(one),
      )
      assert.deepEqual(wrong, [])
    },
  )
})

type Pair = readonly [ClusterProcess, ClusterProcess]

/** Two processes of each role on one database. `sweeper`: the process with the task to remove old data. */
async function startRoles(t: TestContext) {
  const database = await newPostgresUrl(clusterUrl() as string)
  const settings = {
    BELFRY_GATEWAY_ANSWER_WITHIN_MS: String(ANSWER_WITHIN_MS),
    BELFRY_GATEWAY_APPS: JSON.stringify({ [APP]: { type: 'unifiedpush' } }),
    ...(isOnNats && { BELFRY_CLUSTER_BUS: (await startNatsServer(t)).url }),
  }
  const cluster = await startBelfryCluster(t, { database, count: 0, settings, readyEveryMs: READY_EVERY_MS })
  const addHttp = () => cluster.add({ BELFRY_ROLES: 'http' })
  // The first one creates the tables.
  const first = await addHttp()
  const [second, ...others] = await Promise.all([
    addHttp(),
    cluster.addWorker(),
    cluster.addWorker(),
    cluster.addGateway(),
    cluster.addGateway(),
  ])
  const gateways = others.slice(2)
  const admin = new Client({ connectionString: database })
  await admin.connect()
  afterTest(t, () => admin.end())
  const pids = async (text: string) =>
    (await admin.query<{ pid: number }>(text)).rows.map(({ pid }) => Number(pid))
  return {
    url: cluster.url,
    gatewayUrl: (await startRoundRobin(t, gateways, { readyEveryMs: READY_EVERY_MS })).url,
    http: [first, second] as Pair,
    workers: others.slice(0, 2) as unknown as Pair,
    gateways: gateways as unknown as Pair,
    live: () => pids('select pid from processes'),
    sweeper: async () =>
      (
        await pids(`select p.pid from leader l join processes p on p.process_id = l.holder
          where l.name = 'sweep' and l.until > extract(epoch from clock_timestamp()) * 1000`)
      )[0],
  }
}

/** Alice is in all rooms, each of which has all senders. */
async function createRooms(url: string) {
  const alice = await registerUser(url, 'alice')
  const senders = await Promise.all(
    Array.from({ length: SENDERS }, (_, n) => registerUser(url, `sender${n}`)),
  )
  const roomIds = await Promise.all(Array.from({ length: ROOMS }, () => alice.createRoom()))
  for (const roomId of roomIds)
    await Promise.all(senders.map((user) => user.post(`/join/${encodeURIComponent(roomId)}`)))
  return { alice, senders, roomIds }
}

/** The ids of the messages of a room, the oldest first. */
async function messagesIn(user: TestUser, roomId: string): Promise<string[]> {
  const ids: string[] = []
  for (let from = ''; ;) {
    const page = await user.get(`/rooms/${encodeURIComponent(roomId)}/messages?dir=f&limit=1000${from}`)
    for (const event of page['chunk'] as { type: string; event_id: string }[])
      if (event.type === 'm.room.message') ids.push(event.event_id)
    if (page['end'] === undefined) return ids
    from = `&from=${page['end'] as string}`
  }
}
