import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { Client } from 'pg'
import { afterTest } from '../support/after-test.ts'
import { call, foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { theBus } from '../support/cluster-buses.ts'
import { type ClusterProcess, startBelfryCluster } from '../support/cluster.ts'
import { sameTransactions } from '../support/concurrent-writes.ts'
import { emptyPostgresUrl } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { type PostgresServer, startCluster } from '../support/postgres.ts'
import { syncUntil, WAIT_MS } from '../support/waiting-syncs.ts'

// Three processes with all roles behind a load balancer. Their PostgreSQL server is of this file alone,
// because a test restarts it.

const PROCESSES = 3
const SENDERS = 4
/** The soak run has 10,000. */
const SAME_IDS = Number(process.env['SAME_TRANSACTIONS'] ?? 200)

type Message = { type: string; content: { body?: string } }

test('three processes behind a load balancer', { skip: theBus.skip }, async (t) => {
  const postgres = startPostgres(t)
  const database = await emptyPostgresUrl(postgres.url)
  const { url, processes } = await startBelfryCluster(t, {
    database,
    count: PROCESSES,
    settings: await theBus.settings(t),
  })
  const gateway = await startPokeReceiver(t)
  const alice = await registerUser(url, 'alice')
  await alice.post('/pushers/set', foundingPusher(gateway.url))
  const bob = await registerUser(url, 'bob')
  const senders = await Promise.all(
    Array.from({ length: SENDERS }, (_, n) => registerUser(url, `sender${n}`)),
  )
  const newRoom = async () => {
    const roomId = await alice.createRoom()
    for (const user of [bob, ...senders]) await user.post(`/join/${encodeURIComponent(roomId)}`)
    return roomId
  }

  await t.test('messages, typing and a waiting sync, each request at the next process', async () => {
    const roomId = await newRoom()
    const path = `/rooms/${encodeURIComponent(roomId)}/typing/${encodeURIComponent(alice.userId)}`
    for (let round = 0; round < PROCESSES * 2; round++) {
      const waiting = syncUntil(bob, await positionOf(bob), new RegExp(`round ${round}`))
      await alice.put(path, { typing: round % 2 === 0, timeout: WAIT_MS })
      await alice.say(roomId, `round ${round}`)
      await waiting
      const typing = round % 2 === 0 ? [alice.userId] : []
      for (const process of processes)
        await eventually(async () => (await typingAt(process.url, bob, roomId)) === JSON.stringify(typing))
    }
    const texts = Array.from({ length: PROCESSES * 2 }, (_, round) => `round ${round}`)
    assert.deepEqual(await textsIn(bob, roomId), texts)
  })

  await t.test(
    'messages with one transaction id that all processes get at once are stored once',
    async () => {
      const roomId = await newRoom()
      const urls = processes.map((process) => process.url)
      const count = Math.ceil(SAME_IDS / SENDERS)
      const wrong = await Promise.all(
        senders.map((user, at) => sameTransactions(urls, { user, roomId, count, name: `same-${at}` })),
      )
      assert.deepEqual(wrong.flat(), [])
      const texts = await textsIn(alice, roomId)
      assert.deepEqual([texts.length, new Set(texts).size], [count * SENDERS, count * SENDERS])
    },
  )

  await t.test(
    'after a crash of PostgreSQL under load all processes go on, and nothing is lost',
    async () => {
      const roomId = await newRoom()
      const load = startLoad(senders, roomId)
      await load.more()
      await postgres.crash()
      await eventually(() => (load.statuses.get(503) ?? 0) > SENDERS)
      await postgres.restart()
      await load.more()
      const last = await load.end()
      assert.deepEqual(new Set(load.statuses.keys()), new Set([200, 503]), 'statuses of the requests')
      assert.deepEqual((await textsIn(alice, roomId)).toSorted(), load.acknowledged.toSorted())
      await gateway.waitFor((poke) => poke.event_id === last)
      for (const process of processes) {
        await eventually(async () => (await fetch(`${process.url}/ready`)).status === 200)
        const waiting = syncUntil(bob, await positionOf(bob), /woken/)
        await alice.say(roomId, 'woken')
        await waiting
      }
      t.diagnostic(`${load.statuses.get(503)} responses with 503`)
    },
  )

  await t.test('a leader that stops and continues later leaves its task to the next one', async (t) => {
    const admin = await connect(t, database)
    const leader = async () => {
      const { rows } = await admin.query<{ pid: number }>(
        `select p.pid from leader l join processes p on p.process_id = l.holder where l.name = 'cluster' and l.until > extract(epoch from clock_timestamp()) * 1000`,
      )
      return processes.find(({ pid }) => rows.some((row) => Number(row.pid) === pid))
    }
    const first = await eventually(leader)
    first.pause()
    const second = await eventually(async () => {
      const found = await leader()
      return found !== first && found
    })
    await eventually(async () => (await livePids(admin)).length === PROCESSES - 1)
    first.resume()
    await eventually(async () => (await livePids(admin)).length === PROCESSES)
    const tasks = () => Promise.all(processes.map(taskOf))
    await eventually(async () => (await tasks()).filter((held) => held === 1).length === 1)
    assert.equal(await leader(), second)
    assert.equal(await taskOf(first), 0)
    const roomId = await newRoom()
    const eventId = await bob.say(roomId, 'one leader')
    await gateway.waitFor((poke) => poke.event_id === eventId)
    assert.equal(gateway.pokes.filter((poke) => poke.event_id === eventId).length, 1)
  })
})

function startPostgres(t: TestContext): PostgresServer {
  const postgres = startCluster()
  if ('missing' in postgres) throw new Error(postgres.missing)
  afterTest(t, () => postgres.stop())
  return postgres
}

async function connect(t: TestContext, connectionString: string): Promise<Client> {
  const client = new Client({ connectionString })
  await client.connect()
  afterTest(t, () => client.end())
  return client
}

async function livePids(admin: Client): Promise<number[]> {
  return (await admin.query<{ pid: number }>('select pid from processes')).rows.map(({ pid }) => Number(pid))
}

/** 1: the process says that it has the task of the leader. */
async function taskOf({ url }: ClusterProcess): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return Number(/^belfry_cluster_task\{task="cluster"\} (\d)$/m.exec(metrics)?.[1])
}

const positionOf = async (user: TestUser): Promise<string> =>
  String((await user.get('/sync?timeout=0'))['next_batch'])

/** The users who type, as JSON, as one process shows them. */
async function typingAt(base: string, { token }: TestUser, roomId: string): Promise<string> {
  const { body } = await call(`${base}/_matrix/client/v3/sync?timeout=0`, { token })
  type Ephemeral = { type: string; content: { user_ids?: string[] } }
  const { join } = body['rooms'] as { join: Record<string, { ephemeral: { events: Ephemeral[] } }> }
  const events = join[roomId]?.ephemeral.events ?? []
  return JSON.stringify(events.find(({ type }) => type === 'm.typing')?.content.user_ids ?? [])
}

/** All messages of a room, the oldest first. */
async function textsIn(user: TestUser, roomId: string): Promise<string[]> {
  const texts: string[] = []
  let from = ''
  for (;;) {
    const path = `/rooms/${encodeURIComponent(roomId)}/messages?dir=f&limit=1000${from}`
    const page = await user.get(path)
    for (const { type, content } of page['chunk'] as Message[])
      if (type === 'm.room.message') texts.push(content.body ?? '')
    if (page['end'] === undefined) return texts
    from = `&from=${page['end'] as string}`
  }
}

/** Each user sends one message after the other, and repeats each until it is acknowledged. */
function startLoad(users: readonly TestUser[], roomId: string) {
  const acknowledged: string[] = []
  /** 0: the connection ended without a response. */
  const statuses = new Map<number, number>()
  let [isOver, last] = [false, '']
  const send = async (user: TestUser, name: string) => {
    const path = `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${name}`
    for (;;) {
      const { status, body } = await user
        .try('PUT', path, { msgtype: 'm.text', body: name })
        .catch(() => ({ status: 0, body: {} as Record<string, unknown> }))
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (status === 200) return String(body['event_id'])
      await setTimeout(20)
    }
  }
  const sending = Promise.all(
    users.map(async (user, at) => {
      for (let n = 0; !isOver; n++) {
        const name = `load-${at}-${n}`
        last = await send(user, name)
        acknowledged.push(name)
      }
    }),
  )
  return {
    acknowledged,
    statuses,
    async more() {
      const from = acknowledged.length
      await eventually(() => acknowledged.length > from + 10)
    },
    /** Resolves to the id of the last event. */
    async end() {
      isOver = true
      await sending
      return last
    },
  }
}
