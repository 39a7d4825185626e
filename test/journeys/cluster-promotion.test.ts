import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client } from 'pg'
import { afterTest } from '../support/after-test.ts'
import { foundingPusher, loginUser, registerUser, type TestUser } from '../support/client.ts'
import { theBus } from '../support/cluster-buses.ts'
import { startBelfryCluster } from '../support/cluster.ts'
import { emptyPostgresUrl } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startCluster } from '../support/postgres.ts'
import { skipSlow } from '../support/slow-tests.ts'

const ROOMS = 4
/** Longer than any test waits, so that only a wake-up ends a sync. */
const WAIT_MS = 50_000

type Timelines = Record<string, { timeline: { events: { event_id: string }[] } }>

/** Syncs from a token, or for the first time. Resolves to the ids of the events, and the next token. */
async function syncFrom(user: TestUser, since: string | undefined, waits = false) {
  const from = since === undefined ? '' : `&since=${since}`
  const body = await user.get(`/sync?timeout=${waits ? WAIT_MS : 0}${from}`)
  const { join = {} } = (body['rooms'] ?? {}) as { join?: Timelines }
  const ids = Object.values(join).flatMap(({ timeline }) => timeline.events.map((event) => event.event_id))
  return { ids, since: String(body['next_batch']) }
}

test(
  'two processes after a standby that was behind is promoted: no position is given twice, and no sync misses an event',
  { skip: skipSlow || theBus.skip },
  async (t) => {
    const server = startCluster({ hasStandby: true })
    if ('missing' in server) throw new Error(server.missing)
    afterTest(t, () => server.stop())
    const database = await emptyPostgresUrl(server.url)
    const { url, processes } = await startBelfryCluster(t, { database, settings: await theBus.settings(t) })
    const gateway = await startPokeReceiver(t)
    const alice = await registerUser(url, 'alice')
    const bob = await registerUser(url, 'bob')
    await alice.post('/pushers/set', foundingPusher(gateway.url))
    const tablet = await loginUser(url, 'alice')
    const roomIds: string[] = []
    for (let n = 0; n < ROOMS; n++) {
      const roomId = await bob.createRoom()
      await alice.post(`/join/${encodeURIComponent(roomId)}`)
      roomIds.push(roomId)
    }
    const positions = async () => {
      const client = new Client({ connectionString: database })
      await client.connect()
      const { rows } = await client.query<{ position: string }>('select position from events')
      await client.end()
      return rows.map(({ position }) => Number(position))
    }
    const sayEverywhere = async (name: string) => {
      const sent: string[] = []
      for (const roomId of roomIds) {
        const path = `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${name}`
        const { event_id: id } = await bob.put(path, { msgtype: 'm.text', body: name })
        sent.push(String(id))
      }
      return sent
    }
    const atCopy = await syncFrom(tablet, undefined)
    await server.copyToStandby()
    const lost = [...(await sayEverywhere('one')), ...(await sayEverywhere('two'))]
    const ahead = await syncFrom(alice, atCopy.since)
    assert.deepEqual(new Set(ahead.ids), new Set(lost))
    const before = await positions()

    await server.startStandby()
    // Syncs and writes of the processes meet the standby before it is promoted.
    const early = `/rooms/${encodeURIComponent(String(roomIds[0]))}/send/m.room.message/early`
    await eventually(async () => (await bob.try('PUT', early, {})).status === 503)
    await server.promote()
    for (const process of processes)
      await eventually(async () => (await fetch(`${process.url}/ready`)).status === 200)

    await t.test('a token from the lost tail is answered, and its sync waits for news', async () => {
      const answer = await syncFrom(alice, ahead.since)
      assert.deepEqual(answer.ids, [])
      const waiting = syncFrom(alice, answer.since, true)
      // The client repeats what was lost, with the same transaction ids.
      const repeated = [...(await sayEverywhere('one')), ...(await sayEverywhere('two'))]
      const seen = new Set((await waiting).ids)
      let { since } = await waiting
      await eventually(async () => {
        const more = await syncFrom(alice, since)
        since = more.since
        for (const id of more.ids) seen.add(id)
        return seen.size === repeated.length
      })
      assert.deepEqual(seen, new Set(repeated))
      assert.deepEqual(new Set((await syncFrom(alice, ahead.since)).ids), new Set(repeated))
      assert.deepEqual(new Set((await syncFrom(tablet, atCopy.since)).ids), new Set(repeated))
      await gateway.waitFor((poke) => poke.event_id === repeated.at(-1))
    })

    await t.test('no position is given twice', async () => {
      const after = await positions()
      const stored = before.toSorted((a, b) => a - b).slice(0, -lost.length)
      const taken = after.filter((position) => !stored.includes(position))
      assert.equal(taken.length, lost.length)
      assert.ok(Math.min(...taken) > Math.max(...before))
    })
  },
)
