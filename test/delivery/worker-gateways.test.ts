import assert from 'node:assert/strict'
import { test } from 'node:test'
import { query } from '../../src/storage/query.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { type ReceivedPoke, startPokeReceiver } from '../support/poke-receiver.ts'
import { alice, atRest, bob, setUp, type Tower } from './tower.ts'

const EACH = 1000

const COLUMNS = [
  ...(['user_id', 'app_id', 'pushkey', 'url', 'kind', 'handle_is_instance'] as const),
  ...(['app_display_name', 'device_display_name', 'lang', 'data', 'created_at', 'set_at'] as const),
  ...(['attempts', 'badge_due'] as const),
]

const addPushers = query<{ items: readonly { pushkey: string; url: string }[] }>()((db, p, d) =>
  db
    .insertInto('pushers')
    .columns(COLUMNS)
    .expression(
      db
        .selectFrom(['pushers as p', d.rows(p.items, { pushkey: 'text', url: 'text' }).as('r')])
        .where('p.user_id', '=', bob)
        .select(['p.user_id', 'p.app_id', 'r.pushkey', 'r.url', 'p.kind', 'p.handle_is_instance'])
        .select([
          'p.app_display_name',
          'p.device_display_name',
          'p.lang',
          'p.data',
          'p.created_at',
          'p.set_at',
        ])
        .select(['p.attempts', 'p.badge_due']) as never,
    ),
)

const pushkeys = (pokes: readonly ReceivedPoke[]) => new Set(pokes.map(({ devices }) => devices[0]?.pushkey))

/** Nobody is being sent to, and all pushers of the gateway wait for their time. */
async function settled(tower: Tower, url: string): Promise<void> {
  const now = tower.clock.now()
  await eventually(async () => (await tower.db.first(unsettled, { now, url }))?.rows === 0)
}

const unsettled = query<{ now: number; url: string }>()((db, p) =>
  db
    .selectFrom('pushers')
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .where((eb) =>
      eb.or([
        eb('lease_owner', 'is not', null),
        eb.and([
          eb('url', '=', p.url),
          eb.or([eb('next_attempt_at', 'is', null), eb('next_attempt_at', '<=', p.now)]),
        ]),
      ]),
    ),
)

onEachDatabase('delivery to a gateway that is dead', (open) => {
  test('a thousand pushers there hold up none of a thousand elsewhere, and it is only probed', async (t) => {
    const { tower, gateway: good } = await setUp(t, open)
    const dead = await startPokeReceiver(t)
    let giveUp = () => {}
    const hanging = new Promise<void>((resolve) => (giveUp = resolve))
    dead.answer(async () => {
      await hanging
      return { status: 504 }
    })
    const items = Array.from({ length: EACH }, (_, n) => [
      { pushkey: `dead-${n}`, url: dead.url },
      { pushkey: `good-${n}`, url: good.url },
    ]).flat()
    await tower.db.transaction((tx) => tx.run(addPushers, { items }))
    await using _worker = await tower.start({ concurrency: 64 })

    await tower.say(alice, 'one')
    await eventually(() => good.pokes.length === EACH + 1)
    assert.equal(dead.pokes.length, 16, 'it holds its share of what may be in flight, and no more')

    giveUp()
    await settled(tower, dead.url)
    assert.ok(dead.pokes.length <= 16 + 5, `${dead.pokes.length} pokes until it was left alone`)
    assert.equal(tower.told.filter(({ event }) => event === 'gatewayDown').length, 1)
    const held = (await tower.pusherRows()).filter((row) => row.url === dead.url)
    assert.ok(held.every((row) => row.last_error === 'status 504' && row.failing_since !== null))

    const before = dead.pokes.length
    for (let minutes = 0; minutes < 5; minutes += 0.5) {
      tower.clock.advance(30_000)
      await settled(tower, dead.url)
    }
    assert.ok(dead.pokes.length > before, 'it is probed')
    assert.ok(dead.pokes.length - before <= 10, `${dead.pokes.length - before} probes in five minutes`)
    await tower.say(alice, 'two')
    await eventually(() => good.pokes.length === 2 * (EACH + 1))

    dead.answer({})
    dead.pokes.length = 0
    await eventually(() => {
      tower.clock.advance(1000)
      return pushkeys(dead.pokes).size === EACH
    })
    await atRest(tower)
    assert.equal(dead.pokes.length, 2 * EACH, 'each of both messages once')
    assert.equal(tower.told.filter(({ event }) => event === 'gatewayBack').length, 1)
  })
})
