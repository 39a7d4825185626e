import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { afterTest } from '../support/after-test.ts'
import { foundingPusher, loginUser, registerUser } from '../support/client.ts'
import { clusterUrl, newPostgresUrl, temporaryFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startProcess } from '../support/process.ts'

const cluster = clusterUrl()
const skip = typeof cluster === 'string' ? false : cluster.missing
/** Longer than the end of what a process holds may take. */
const AT_MOST_MS = 15_000

async function twoProcesses(t: TestContext, settings: Record<string, string> = {}) {
  const database = await newPostgresUrl(cluster as string)
  const start = () => startProcess(t, temporaryFolder(t), { BELFRY_DATABASE: database, ...settings })
  const admin = new Client({ connectionString: database })
  await admin.connect()
  afterTest(t, () => admin.end())
  const one = await start()
  const two = await start()
  const live = async () =>
    (await admin.query<{ pid: number }>('select pid from processes')).rows.map(({ pid }) => Number(pid))
  /** The process that is sending, and the other one. */
  const byWork = async () => {
    const { rows } = await admin.query<{ pid: number }>(
      `select p.pid from lanes l join processes p on p.process_id = substr(l.lease_owner, 1, 12) where l.kind = 'poke'`,
    )
    assert.equal(rows.length, 1, 'one process has the lease')
    return Number(rows[0]?.pid) === one.pid ? { busy: one, other: two } : { busy: two, other: one }
  }
  return { one, two, byWork, live }
}

/**
 * Bob has said three messages at `url`. A process is sending the first of them to Alice's gateway without an
 * answer.
 */
async function holdPoke(t: TestContext, url: string) {
  const gateway = await startPokeReceiver(t)
  const alice = await registerUser(url, 'alice')
  const bob = await registerUser(url, 'bob')
  await alice.post('/pushers/set', foundingPusher(gateway.url))
  const roomId = await bob.createRoom()
  await alice.post(`/join/${encodeURIComponent(roomId)}`)
  const answer = Promise.withResolvers<void>()
  gateway.respondWith(async () => {
    await answer.promise
    return {}
  })
  const events = [await bob.say(roomId, 'one')]
  await gateway.waitFor((poke) => poke.event_id === events[0])
  events.push(await bob.say(roomId, 'two'), await bob.say(roomId, 'three'))
  return { gateway, events, answer, roomId }
}

describe('several processes on one PostgreSQL database', { skip }, () => {
  test('pokes of a process that was killed go out from another one within 15 s, in order', async (t) => {
    const { one, live, byWork } = await twoProcesses(t)
    const { gateway, events, answer } = await holdPoke(t, one.url)
    assert.equal((await live()).length, 2)
    const { busy, other } = await byWork()
    await busy.end('SIGKILL')
    const from = performance.now()
    gateway.pokes.length = 0
    gateway.respondWith({})
    answer.resolve()
    await gateway.waitFor((poke) => poke.event_id === events[2])
    const ms = Math.round(performance.now() - from)
    t.diagnostic(`the last poke came after ${ms} ms`)
    assert.ok(ms < AT_MOST_MS, `${ms} ms`)
    assert.deepEqual(
      gateway.pokes.map((poke) => poke.event_id),
      events,
    )
    await eventually(async () => (await live()).join() === String(other.pid))
  })

  test('pokes of a process that is stopped go out from another one, and what it writes afterwards changes nothing', async (t) => {
    const { one, live, byWork } = await twoProcesses(t)
    const { gateway, events, answer, roomId } = await holdPoke(t, one.url)
    const { busy, other } = await byWork()
    process.kill(busy.pid, 'SIGSTOP')
    afterTest(t, () => void process.kill(busy.pid, 'SIGCONT'))
    const from = performance.now()
    gateway.pokes.length = 0
    gateway.respondWith({})
    await gateway.waitFor((poke) => poke.event_id === events[2])
    t.diagnostic(`the last poke came after ${Math.round(performance.now() - from)} ms`)
    assert.deepEqual(
      gateway.pokes.map((poke) => poke.event_id),
      events,
    )
    answer.resolve()
    process.kill(busy.pid, 'SIGCONT')
    await eventually(async () => (await live()).length === 2)
    const bob = await loginUser(other.url, 'bob')
    const last = await bob.say(roomId, 'four')
    await gateway.waitFor((poke) => poke.event_id === last)
    assert.deepEqual(
      gateway.pokes.map((poke) => poke.event_id),
      [...events, last],
    )
  })

  test('a process that stops responds 503 to /ready before it closes, and is removed from the list', async (t) => {
    const { one, two, live } = await twoProcesses(t, { BELFRY_DRAIN_MS: '4000' })
    const ready = async () => (await fetch(`${one.url}/ready`)).status
    assert.equal(await ready(), 200)
    const ended = one.end('SIGTERM')
    await eventually(async () => (await ready()) === 503)
    assert.equal(await ended, 0)
    assert.deepEqual(await live(), [two.pid])
    assert.equal((await fetch(`${two.url}/ready`)).status, 200)
  })
})
