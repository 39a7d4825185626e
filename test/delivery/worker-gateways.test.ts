import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { createProcessShare } from '../../src/cluster/process-share.ts'
import { originOf } from '../../src/delivery/origin.ts'
import { outagesOf } from '../../src/sending/known-outages.ts'
import { makeLane } from '../../src/sending/lane-changes.ts'
import { query } from '../../src/storage/query.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { createFakeMembership } from '../support/fake-membership.ts'
import { type ReceivedPoke, startPokeReceiver } from '../support/poke-receiver.ts'
import { leaseByKilledProcess, watchClaims } from '../support/watch-claims.ts'
import { alice, untilIdle, bob, setUp, type DeliveryFixture } from './delivery-fixture.ts'

/**
 * Of each gateway: together more than the engine reads at once on one of the databases; fewer on the other,
 * to save time.
 */
const PUSHERS = { sqlite: 510, postgres: 250 }

const COLUMNS = [
  'pusher_id' as const,
  ...(['user_id', 'app_id', 'pushkey', 'url', 'kind', 'handle_is_instance'] as const),
  ...(['app_display_name', 'device_display_name', 'lang', 'data', 'created_at', 'set_at'] as const),
]

type Added = { pushkey: string; url: string }
type AddedRow = Added & { id: number }
const insertPushers = query<{ items: readonly AddedRow[] }>()((db, p, d) =>
  db
    .insertInto('pushers')
    .columns(COLUMNS)
    .expression(
      db
        .selectFrom([
          'pushers as p',
          d.rows(p.items, { id: 'integer', pushkey: 'text', url: 'text' }).as('r'),
        ])
        .where('p.user_id', '=', bob)
        .select(['r.id', 'p.user_id', 'p.app_id', 'r.pushkey', 'r.url', 'p.kind', 'p.handle_is_instance'])
        .select([
          'p.app_display_name',
          'p.device_display_name',
          'p.lang',
          'p.data',
          'p.created_at',
          'p.set_at',
        ]) as never,
    ),
)

/** Adds pushers with the settings of bob's first one. */
const addPushers = (delivery: DeliveryFixture, items: readonly Added[]) =>
  delivery.db.transaction(async (tx) => {
    const rows: AddedRow[] = []
    for (const { pushkey, url } of items)
      rows.push({ id: await makeLane(tx, { kind: 'poke', destination: originOf(url) }), pushkey, url })
    await tx.run(insertPushers, { items: rows })
  })

const pushkeys = (pokes: readonly ReceivedPoke[]) => new Set(pokes.map(({ devices }) => devices[0]?.pushkey))

/** Resolves when no item is queued for other gateways and all pushers of this gateway wait for their retries. */
async function untilSettled(delivery: DeliveryFixture, url: string): Promise<void> {
  const now = delivery.clock.now()
  await eventually(async () => (await delivery.db.first(unsettled, { now, url }))?.rows === 0)
}

const unsettled = query<{ now: number; url: string }>()((db, p) =>
  db
    .selectFrom('pushers')
    .innerJoin('lanes', 'lane_id', 'pusher_id')
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .where((eb) =>
      eb.or([
        eb.exists(
          eb
            .selectFrom('lane_items as i')
            .select('i.position')
            .whereRef('i.lane_id', '=', 'lanes.lane_id')
            .where('url', '<>', p.url),
        ),
        eb.and([
          eb('url', '=', p.url),
          eb.or([eb('next_attempt_at', 'is', null), eb('next_attempt_at', '<=', p.now)]),
        ]),
      ]),
    ),
)

onEachDatabase('delivery to a dead gateway', (open) => {
  test('many pushers of it delay none of as many others, and it is only probed', async (t) => {
    const { delivery, gateway: healthy } = await setUp(t, open)
    const pushers = PUSHERS[delivery.db.dialect]
    const dead = await startPokeReceiver(t)
    let release = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    dead.respondWith(async () => {
      await released
      return { status: 504 }
    })
    const items = Array.from({ length: pushers }, (_, n) => [
      { pushkey: `dead-${n}`, url: dead.url },
      { pushkey: `healthy-${n}`, url: healthy.url },
    ]).flat()
    await addPushers(delivery, items)
    await using _worker = await delivery.start({ concurrency: 64 })

    await delivery.say(alice, 'one')
    await eventually(() => healthy.pokes.length === pushers + 1)
    assert.equal(dead.pokes.length, 16, 'it uses no more than its share of the concurrency')

    release()
    await untilSettled(delivery, dead.url)
    assert.ok(dead.pokes.length <= 16 + 5, `${dead.pokes.length} pokes until its circuit opened`)
    assert.equal(delivery.reported.filter(({ event }) => event === 'gatewayDown').length, 1)
    const held = (await delivery.pusherRows()).filter((row) => row.url === dead.url)
    assert.ok(held.every((row) => row.last_error === 'status 504' && row.failing_since !== null))

    const before = dead.pokes.length
    for (let minutes = 0; minutes < 5; minutes += 0.5) {
      delivery.clock.advance(30_000)
      await untilSettled(delivery, dead.url)
    }
    assert.ok(dead.pokes.length > before, 'the gateway is probed')
    assert.ok(dead.pokes.length - before <= 10, `${dead.pokes.length - before} probes in five minutes`)
    await delivery.say(alice, 'two')
    await eventually(() => healthy.pokes.length === 2 * (pushers + 1))

    dead.respondWith({})
    dead.pokes.length = 0
    await eventually(() => {
      delivery.clock.advance(1000)
      return pushkeys(dead.pokes).size === pushers
    })
    await untilIdle(delivery)
    assert.equal(dead.pokes.length, 2 * pushers, 'each pusher gets both messages once')
    assert.equal(delivery.reported.filter(({ event }) => event === 'gatewayBack').length, 1)
  })

  test('probes it with one pusher after a restart, and continues all pushers after a response', async (t) => {
    const { delivery, gateway: healthy } = await setUp(t, open)
    const dead = await startPokeReceiver(t)
    dead.respondWith({ status: 502 })
    const items = Array.from({ length: 200 }, (_, n) => ({ pushkey: `dead-${n}`, url: dead.url }))
    await addPushers(delivery, items)
    const first = await delivery.start({ concurrency: 64 })
    await delivery.say(alice, 'one')
    await untilSettled(delivery, dead.url)
    await first[Symbol.asyncDispose]()

    // All pushers are due at the same time. The gateway hangs, so the probe is still in flight when the other
    // pushers are due.
    delivery.clock.advance(3_600_000)
    dead.pokes.length = 0
    let release = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    dead.respondWith(async () => {
      await released
      return { status: 502 }
    })
    await using _second = await delivery.start({ concurrency: 64 })
    await delivery.say(alice, 'two')
    await healthy.waitFor((poke) => poke.content?.['body'] === 'two')
    await eventually(() => dead.pokes.length > 0)
    await eventually(async () => (await delivery.db.first(leased, { url: dead.url }))?.rows === 1)
    assert.equal(dead.pokes.length, 1, 'one pusher sends the probe for all')

    dead.respondWith({})
    release()
    // The probe in flight fails, and the next one succeeds.
    await eventually(() => {
      if (!delivery.reported.some(({ event }) => event === 'gatewayBack')) delivery.clock.advance(1000)
      return delivery.reported.some(({ event }) => event === 'gatewayBack')
    })
    await eventually(async () => {
      const waiting = (await delivery.pusherRows()).filter((row) => row.url === dead.url)
      return waiting.every(({ next_attempt_at: at }) => at === null || at <= delivery.clock.now() + 10_000)
    })
    delivery.clock.advance(10_000)
    await eventually(() => pushkeys(dead.pokes).size === 200)
    await untilIdle(delivery)
  })

  test('reads from the pushers which gateways are down: with enough failing pushers, and no later success', async (t) => {
    const { delivery } = await setUp(t, open)
    const url = (host: string) => `https://${host}/_matrix/push/v1/notify`
    const pushers = (host: string, states: readonly State[]) =>
      states.map(([fault, fault_at, sent_at], n) => ({
        pushkey: `${host}${n}`,
        url: url(host),
        fault,
        fault_at,
        sent_at,
      }))
    const five = (fault: string): State[] => Array.from({ length: 5 }, () => [fault, 200, 100])
    const items = [
      ...pushers('down.test', [...five('timeout'), ['status 503', 150, 100], [null, 0, 199]]),
      ...pushers('few.test', [...five('timeout').slice(1), [null, 0, 50]]),
      ...pushers('reached.test', [...five('status 502'), [null, 0, 200]]),
      ...pushers('responds.test', five('status 429')),
      ...pushers('redirects.test', five('redirect')),
    ]
    await addPushers(delivery, items)
    await delivery.db.transaction((tx) => tx.run(setStates, { items }))
    const ids = new Map((await delivery.pusherRows()).map((row) => [row.pushkey, row.pusher_id]))
    const idOf = (n: number) => ids.get(`down.test${n}`)
    const outage = { destination: 'https://down.test', reason: 'timeout' }
    const all = [0, 1, 2, 3, 4].map(idOf)
    assert.deepEqual(await outagesOf(delivery.db, 'poke', 1100), [{ ...outage, held: all }])
    // The wait that the response 503 asked for is over.
    assert.deepEqual(await outagesOf(delivery.db, 'poke', 1200), [{ ...outage, held: [idOf(5), ...all] }])
  })
})

onEachDatabase(
  'the restart of delivery to a dead gateway',
  (open) => {
    for (const before of ['stopped', 'killed'] as const)
      test(`claims one of its pushers after a restart, when the last process was ${before}`, async (t) => {
        const { delivery, gateway: good } = await setUp(t, open)
        const dead = await startPokeReceiver(t)
        dead.respondWith({ status: 502 })
        const items = Array.from({ length: 50 }, (_, n) => ({ pushkey: `dead-${n}`, url: dead.url }))
        await addPushers(delivery, items)
        const first = await delivery.start()
        await delivery.say(alice, 'one')
        await untilSettled(delivery, dead.url)
        await first[Symbol.asyncDispose]()

        // All of them are due.
        delivery.clock.advance(3_600_000)
        if (before === 'killed') await leaseByKilledProcess(delivery.db, delivery.clock.now() + 60_000)
        dead.pokes.length = 0
        const answer = Promise.withResolvers<void>()
        dead.respondWith(async () => {
          await answer.promise
          return {}
        })
        const { db, claimed } = watchClaims(delivery.db)
        await using _second = await delivery.start({ db })
        await eventually(() => dead.pokes.length > 0)
        await delivery.say(alice, 'two')
        await good.waitFor((poke) => poke.content?.['body'] === 'two')
        const rows = await delivery.pusherRows()
        const ofDead = rows.filter(({ url }) => url === dead.url).map((row) => row.pusher_id)
        const atProbe = claimed.filter((id) => ofDead.includes(id))
        answer.resolve()
        assert.equal(atProbe.length, 1)
      })
  },
  { alone: true },
)

type State = [fault: string | null, faultAt: number, sentAt: number]
type StateRow = { pushkey: string; fault: string | null; fault_at: number; sent_at: number }
const setStates = query<{ items: readonly StateRow[] }>()((db, p, d) =>
  db
    .updateTable('lanes')
    .from([
      d.rows(p.items, { pushkey: 'text', fault: 'text', fault_at: 'integer', sent_at: 'integer' }).as('r'),
      'pushers',
    ])
    .set({
      last_error: sql<string>`r.fault`,
      last_error_at: sql<number>`r.fault_at`,
      failing_since: sql<number>`case when r.fault is not null then r.fault_at end`,
      next_attempt_at: sql<number>`case when r.fault is not null then r.fault_at + 1000 end`,
      last_success_at: sql<number>`r.sent_at`,
    })
    .whereRef('pushers.pushkey', '=', 'r.pushkey')
    .whereRef('pushers.pusher_id', '=', 'lanes.lane_id'),
)

const leased = query<{ url: string }>()((db, p) =>
  db
    .selectFrom('lanes')
    .innerJoin('pushers', 'pusher_id', 'lane_id')
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .where('lease_owner', 'is not', null)
    .where('url', '=', p.url),
)

onEachDatabase('several processes and a dead gateway', (open) => {
  /**
   * The requests at a gateway that is down for ten minutes, after the circuits have opened. Then it works,
   * and all pushers get their message.
   */
  async function probesOf(t: TestContext, ids: readonly string[]): Promise<number> {
    const { delivery } = await setUp(t, open)
    const dead = await startPokeReceiver(t)
    dead.respondWith({ status: 502 })
    await addPushers(
      delivery,
      Array.from({ length: 60 }, (_, n) => ({ pushkey: `dead-${n}`, url: dead.url })),
    )
    const live = ids.map((id) => ({ id, roles: ['delivery'] as const }))
    await using workers = new AsyncDisposableStack()
    for (const id of ids) {
      const share = createProcessShare(createFakeMembership(id, live), 'delivery')
      workers.use(await delivery.start({ concurrency: 64, ...(ids.length > 1 && { share }) }))
    }
    await delivery.say(alice, 'one')
    await untilSettled(delivery, dead.url)
    const before = dead.pokes.length
    for (let seconds = 0; seconds < 600; seconds += 30) {
      delivery.clock.advance(30_000)
      await untilSettled(delivery, dead.url)
    }
    const probes = dead.pokes.length - before
    await delivery.say(alice, 'two')
    assert.equal(dead.pokes.length - before, probes, 'a new message is no probe')
    dead.respondWith({})
    dead.pokes.length = 0
    await eventually(() => {
      delivery.clock.advance(1000)
      return pushkeys(dead.pokes).size === 60
    })
    return probes
  }

  test('send it as many probes as one process does, and all continue after a response to one of them', async (t) => {
    const ofOne = await probesOf(t, ['a'])
    const ofThree = await probesOf(t, ['a', 'b', 'c'])
    assert.ok(ofOne > 2, `${ofOne} probes`)
    assert.equal(ofThree, ofOne)
  })
})
