import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, foundingPusher, PASSWORD, registerUser } from '../support/client.ts'
import { theBus } from '../support/cluster-buses.ts'
import { startBelfryCluster } from '../support/cluster.ts'
import { clusterUrl, newPostgresUrl } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { untilSyncsWait, WAIT_MS } from '../support/waiting-syncs.ts'

const APART_MS = 600_000

test('two processes whose clocks are 10 minutes apart', { skip: theBus.skip }, async (t) => {
  const { processes, add } = await startBelfryCluster(t, {
    database: await newPostgresUrl(clusterUrl() as string),
    count: 1,
    settings: await theBus.settings(t),
  })
  await add({ CLOCK_AHEAD_MS: String(APART_MS) })
  const [one = '', ahead = ''] = processes.map(({ url }) => url)
  const alice = await registerUser(one, 'alice')
  const bob = await registerUser(ahead, 'bob')
  const gateway = await startPokeReceiver(t)
  await alice.post('/pushers/set', foundingPusher(gateway.url))
  const roomId = await bob.createRoom()
  await alice.post(`/join/${encodeURIComponent(roomId)}`)

  await t.test('both stay in the list of processes, and none is taken for dead', async () => {
    for (const url of [one, ahead]) {
      await eventually(async () => {
        const { body } = await call(`${url}/health`)
        return (body['cluster'] as { processes: number }).processes === 2
      })
      assert.equal((await fetch(`${url}/ready`)).status, 200)
    }
  })

  await t.test('an event of one wakes a sync at the other, and both give it the same time', async () => {
    const times: number[] = []
    for (const [reader, writer, url] of [
      [alice, bob, one],
      [bob, alice, ahead],
    ] as const) {
      const { next_batch: since } = await reader.get('/sync?timeout=0')
      const waiting = reader.get(`/sync?timeout=${WAIT_MS}&since=${String(since)}`)
      await untilSyncsWait(url, 1)
      const eventId = await writer.say(roomId, 'what time is it')
      await waiting
      const event = await reader.get(
        `/rooms/${encodeURIComponent(roomId)}/event/${encodeURIComponent(eventId)}`,
      )
      times.push(Number(event['origin_server_ts']))
    }
    const [first = 0, second = 0] = times
    assert.ok(Math.abs(second - first) < APART_MS / 2, `${second - first} ms apart`)
  })

  await t.test(
    'a poke that failed is sent again at its time by either process, before the next one',
    async () => {
      // The pokes of earlier messages have arrived.
      const earlier = await bob.say(roomId, 'before')
      await gateway.waitFor((poke) => poke.event_id === earlier)
      gateway.pokes.length = 0
      let isDown = true
      gateway.respondWith(() => (isDown ? { status: 503 } : {}))
      const failing = await bob.say(roomId, 'fails at first')
      await gateway.waitFor((poke) => poke.event_id === failing)
      isDown = false
      const next = await bob.say(roomId, 'next')
      const from = performance.now()
      await gateway.waitFor((poke) => poke.event_id === next)
      assert.ok(performance.now() - from < APART_MS / 4)
      const ids = gateway.pokes.map((poke) => poke.event_id)
      assert.deepEqual([...new Set(ids)], [failing, next])
    },
  )

  await t.test('an authentication that begins at one ends at the other, in both directions', async () => {
    for (const [begin, end] of [
      [one, ahead],
      [ahead, one],
    ]) {
      const removal = (base: string | undefined, auth?: Record<string, unknown>) =>
        call(`${base}/_matrix/client/v3/delete_devices`, {
          token: alice.token,
          body: { devices: ['UNKNOWN'], ...(auth && { auth }) },
        })
      const asked = await removal(begin)
      assert.equal(asked.status, 401)
      const identifier = { type: 'm.id.user', user: alice.userId }
      const session = asked.body['session']
      const auth = { type: 'm.login.password', identifier, password: PASSWORD, session }
      assert.equal((await removal(end, auth)).status, 200)
    }
  })
})
