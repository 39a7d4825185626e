import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { ProcessShare } from '../../src/cluster/process-share.ts'
import type { HeadParams } from '../../src/delivery/head-store.ts'
import { pokeHeads } from '../../src/notifications/recipient-facts.ts'
import { endLeasesOfDead } from '../../src/sending/lane-store.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import type { Queries } from '../../src/storage/query.ts'
import { afterTest } from '../support/after-test.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import type { PokeResponse } from '../support/poke-receiver.ts'
import { onShards, type Sharded } from '../support/sharded.ts'
import { alice, bob, bodies, carol, setUp, untilIdle } from './delivery-fixture.ts'

// A process that stands still for more than 10 s (SIGSTOP, a suspended machine) counts as dead. Its leases
// are ended, and another one sends. Then it continues where it was. Here no process is registered, so the
// start of another worker ends all leases.

const STOPPED_MS = 12_000
/** Less than the time after which others count it as dead. */
const SILENT_MS = 7_000

type Open = (t: TestContext, shards: number) => Promise<Sharded>

async function setUpTwo(t: TestContext, open: Open) {
  const { url, db } = await open(t, 16)
  const other = await openDatabase(url, silentLog)
  afterTest(t, () => other[Symbol.asyncDispose]())
  return { ...(await setUp(t, async () => db)), other }
}

/** The share of a process to which every lane belongs. */
const shareOf = (heartbeats: Pick<ProcessShare, 'silentFor' | 'nextHeartbeat'>): ProcessShare => ({
  owns: () => true,
  onChange: () => () => undefined,
  ...heartbeats,
})

onShards('a process that stood still and continues', (open) => {
  test('makes its look again, and sends nothing that another one has sent meanwhile', async (t) => {
    const { delivery, gateway, other } = await setUpTwo(t, open)
    await using workers = new AsyncDisposableStack()
    let looks = 0
    async function readHeads(q: Queries, params: HeadParams) {
      const rows = await pokeHeads(q, params)
      if (++looks > 1) return rows
      workers.use(await delivery.start({ db: other }))
      await untilIdle(delivery)
      delivery.clock.advance(STOPPED_MS)
      return rows
    }
    await delivery.say(alice, 'one')
    await delivery.say(alice, 'two')
    workers.use(await delivery.start({ readHeads }))
    await eventually(() => looks > 1 || gateway.pokes.length > 2)
    await workers.disposeAsync()
    assert.deepEqual(bodies(gateway.pokes), ['one', 'two'])
  })

  test('changes nothing with the response to its request, which another one has made again', async (t) => {
    const { delivery, gateway, other } = await setUpTwo(t, open)
    const { promise: response, resolve: respond } = Promise.withResolvers<PokeResponse>()
    gateway.respondWith(() => (gateway.pokes.length === 1 ? response : {}))
    await delivery.say(alice, 'one')
    await delivery.say(alice, 'two')
    const stopped = await delivery.start()
    await gateway.waitFor((poke) => poke.content?.['body'] === 'one')
    await using _other = await delivery.start({ db: other })
    await untilIdle(delivery)
    const before = await delivery.pusherRows()
    delivery.clock.advance(STOPPED_MS)
    respond({ status: 500 })
    await stopped[Symbol.asyncDispose]()
    assert.deepEqual(bodies(gateway.pokes), ['one', 'one', 'two'])
    assert.deepEqual(await delivery.pusherRows(), before)
  })

  test('sends nothing while it writes no heartbeat, and nothing afterwards that another one has sent', async (t) => {
    const { delivery, gateway, other } = await setUpTwo(t, open)
    let silentMs = SILENT_MS
    let waits = 0
    const { promise: heartbeat, resolve: beat } = Promise.withResolvers<void>()
    const share = shareOf({
      silentFor: () => silentMs,
      nextHeartbeat() {
        waits++
        return heartbeat
      },
    })
    await delivery.say(alice, 'one')
    const silent = await delivery.start({ share })
    await eventually(() => waits > 0 || gateway.pokes.length > 0)
    assert.deepEqual(gateway.pokes, [])
    await using _other = await delivery.start({ db: other })
    await untilIdle(delivery)
    silentMs = 0
    beat()
    await silent[Symbol.asyncDispose]()
    assert.deepEqual(bodies(gateway.pokes), ['one'])
  })

  test('makes its look again if it was silent when the look began, although it has written a heartbeat since', async (t) => {
    const { delivery, gateway, other } = await setUpTwo(t, open)
    await using workers = new AsyncDisposableStack()
    let [looks, silentMs] = [0, STOPPED_MS]
    const share = shareOf({ silentFor: () => silentMs, nextHeartbeat: async () => undefined })
    async function readHeads(q: Queries, params: HeadParams) {
      const rows = await pokeHeads(q, params)
      if (++looks > 1) return rows
      workers.use(await delivery.start({ db: other }))
      await untilIdle(delivery)
      silentMs = 0
      return rows
    }
    await delivery.say(alice, 'one')
    workers.use(await delivery.start({ readHeads, share }))
    await eventually(() => looks > 1 || gateway.pokes.length > 1)
    await workers.disposeAsync()
    assert.deepEqual(bodies(gateway.pokes), ['one'])
  })

  test('sends the next event at once, although the lease that it has kept was ended', async (t) => {
    const { delivery, gateway } = await setUpTwo(t, open)
    await using _worker = await delivery.start()
    await delivery.say(alice, 'one')
    await untilIdle(delivery)
    await eventually(async () => (await delivery.db.transaction(endLeasesOfDead)).length > 0)
    await delivery.say(alice, 'two')
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['one', 'two'])
  })

  test('sends the next event at once, although its lease was ended during the request before it', async (t) => {
    const { delivery, gateway } = await setUpTwo(t, open)
    const { promise: response, resolve: respond } = Promise.withResolvers<PokeResponse>()
    gateway.respondWith(() => (gateway.pokes.length === 1 ? response : {}))
    await using _worker = await delivery.start()
    await delivery.say(alice, 'one')
    await gateway.waitFor((poke) => poke.content?.['body'] === 'one')
    assert.equal((await delivery.db.transaction(endLeasesOfDead)).length, 1)
    await delivery.say(alice, 'two')
    respond({})
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['one', 'two'])
  })
})

onShards('a lane that a stopped process has locked', (open) => {
  test('holds up no other lane, and its result is written when it is free', async (t) => {
    const { db, client } = await open(t, 16)
    const { delivery, gateway } = await setUp(t, async () => db)
    await delivery.setPusher(carol, { pushkey: 'other', data: { url: gateway.url } })
    const [ofBob] = (await delivery.pusherRows()).filter(({ user_id: userId }) => userId === bob)
    const pokesOf = (pushkey: string) =>
      bodies(gateway.pokes.filter((poke) => poke.devices?.[0]?.pushkey === pushkey))
    gateway.respondWith(async (poke) => {
      if (poke.devices?.[0]?.pushkey === 'other' || pokesOf('key').length > 1) return {}
      await client.query('begin')
      await client.query('select from lanes where lane_id = $1 for update', [ofBob?.lane_id])
      return {}
    })
    for (const body of ['one', 'two', 'three']) await delivery.say(alice, body)
    await using _worker = await delivery.start()
    await eventually(() => pokesOf('other').length === 3)
    assert.deepEqual(pokesOf('key'), ['one'])
    await client.query('commit')
    await untilIdle(delivery)
    assert.deepEqual(
      [pokesOf('key'), pokesOf('other')],
      [
        ['one', 'two', 'three'],
        ['one', 'two', 'three'],
      ],
    )
  })
})
