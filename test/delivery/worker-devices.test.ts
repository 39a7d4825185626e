import { pokeHeads } from '../../src/notifications/recipient-facts.ts'
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { putRule, type RuleContent } from '../../src/user-rules/change-rules.ts'
import { enqueueForHandles } from '../../src/delivery/outbox-store.ts'
import type { RuleKind } from '../../src/push-rules/index.ts'
import type { Database } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import { onEachDatabase } from '../support/databases.ts'
import {
  alice,
  untilIdle,
  bob,
  bodies,
  carol,
  room1,
  setUp,
  type DeliveryFixture,
} from './delivery-fixture.ts'

const queueItems = query()((db) =>
  db
    .selectFrom('lane_items as o')
    .innerJoin('pushers as p', 'p.pusher_id', 'o.lane_id')
    .select(['p.user_id', 'p.pushkey', 'o.position'])
    .orderBy('p.pushkey'),
)

/** Sets a push rule of bob for the handle `phone`. */
function putDeviceRule(
  delivery: DeliveryFixture,
  kind: RuleKind,
  ruleId: string,
  content: RuleContent,
): Promise<void> {
  const { db, clock } = delivery
  const { bus } = delivery.pushers
  return putRule(
    { db, bus, clock, legacyMentionRules: true, maxRulesPerUser: 100, onRulesChanged: async () => undefined },
    { userId: bob, scope: 'phone', kind, ruleId },
    { content },
  )
}

/** Bob's pusher `key` has no handle. His pushers `phone` and `watch` have the handle `phone`. */
async function setUpHandles(t: TestContext, open: (t: TestContext) => Promise<Database>) {
  const fixture = await setUp(t, open)
  for (const pushkey of ['phone', 'watch'])
    await fixture.delivery.setPusher(bob, {
      pushkey,
      instance_handle: 'phone',
      data: { url: fixture.gateway.url },
    })
  const bodiesFor = (pushkey: string) =>
    bodies(fixture.gateway.pokes.filter((poke) => poke.devices[0]?.pushkey === pushkey))
  return { ...fixture, bodiesFor }
}

const skips = (delivery: DeliveryFixture) =>
  delivery.reported.filter(({ event }) => event === 'pokeSkipped').map(({ fields }) => fields['reason'])

onEachDatabase('delivery to devices with device rules', (open) => {
  test('a device rule silences every pusher with its handle, and no other', async (t) => {
    const { delivery, bodiesFor } = await setUpHandles(t, open)
    await putDeviceRule(delivery, 'content', 'tea', { pattern: 'tea', actions: [] })
    await using _worker = await delivery.start()
    await delivery.say(alice, 'tea is ready')
    await delivery.say(alice, 'and cake')
    await untilIdle(delivery)
    assert.deepEqual(bodiesFor('key'), ['tea is ready', 'and cake'])
    assert.deepEqual([bodiesFor('phone'), bodiesFor('watch')], [['and cake'], ['and cake']])
    assert.deepEqual(skips(delivery), ['suppressed by a device rule', 'suppressed by a device rule'])
  })

  test('evaluates device rules with the room and the names at the time of the event', async (t) => {
    const { delivery, bodiesFor, gateway } = await setUpHandles(t, open)
    await putDeviceRule(delivery, 'override', 'levels', {
      conditions: [{ kind: 'sender_notification_permission', key: 'room' }],
      actions: ['notify', { set_tweak: 'sound', value: 'loud' }],
    })
    await putDeviceRule(delivery, 'override', 'named', {
      conditions: [{ kind: 'contains_display_name' }],
      actions: [],
    })
    await putDeviceRule(delivery, 'override', 'three', {
      conditions: [{ kind: 'room_member_count', is: '>3' }],
      actions: [],
    })
    delivery.fixture.context.memberCount = 3
    const state = (type: string, stateKey: string, content: Record<string, unknown>, sender = alice) =>
      delivery.fixture.send({ roomId: room1, sender, type, stateKey, content: content as never })
    await state('m.room.power_levels', '', { users: { [carol]: 100 } })
    await state('m.room.member', bob, { membership: 'join', displayname: 'Robert' }, bob)
    await delivery.say(carol, 'from carol')
    await delivery.say(alice, 'Robert?')
    await delivery.say(alice, 'Bert?')
    // These changes come after the events, and before their pokes are sent.
    await state('m.room.power_levels', '', {})
    await state('m.room.member', bob, { membership: 'join', displayname: 'Bert' }, bob)
    await delivery.db.transaction((tx) => tx.run(increaseMemberCount, {}))
    await using _worker = await delivery.start()
    await untilIdle(delivery)
    assert.deepEqual(bodiesFor('key'), ['from carol', 'Robert?', 'Bert?'])
    assert.deepEqual(bodiesFor('phone'), ['from carol', 'Bert?'])
    const fromCarol = gateway.pokes.filter((poke) => poke.content?.['body'] === 'from carol')
    assert.deepEqual(
      new Map(fromCarol.map(({ devices: [device] }) => [device?.pushkey, device?.tweaks?.['sound']])),
      new Map([
        ['key', undefined],
        ['phone', 'loud'],
        ['watch', 'loud'],
      ]),
    )
  })

  test('applies a rule that changed while the event was queued', async (t) => {
    const { delivery, bodiesFor } = await setUpHandles(t, open)
    await putDeviceRule(delivery, 'room', room1, { actions: [] })
    await delivery.say(alice, 'one')
    await putDeviceRule(delivery, 'room', room1, { actions: ['notify'] })
    await using _worker = await delivery.start()
    await delivery.say(alice, 'two')
    await untilIdle(delivery)
    assert.deepEqual(bodiesFor('phone'), ['one', 'two'])
    await putDeviceRule(delivery, 'room', room1, { actions: [] })
    await delivery.say(alice, 'three')
    await untilIdle(delivery)
    assert.deepEqual(bodiesFor('phone'), ['one', 'two'])
  })

  test('sends no poke for an event that notifies in the app only, with or without device rules', async (t) => {
    const { delivery, bodiesFor } = await setUpHandles(t, open)
    await putDeviceRule(delivery, 'content', 'fire', { pattern: 'fire', actions: ['notify'] })
    const outcome = {
      notify: true,
      highlight: false,
      actions: ['org.matrix.msc3768.notify_in_app'],
      rule: { kind: 'underride', ruleId: 'quietly' },
    }
    await using _worker = await delivery.start({
      readHeads: async (q, wanted) =>
        (await pokeHeads(q, wanted)).map((head) => ({ ...head, facts: { ...head.facts, outcome } })),
    })
    await delivery.say(alice, 'hello')
    await untilIdle(delivery)
    assert.deepEqual([bodiesFor('key'), bodiesFor('phone')], [[], []])
    assert.deepEqual(new Set(skips(delivery)), new Set(['in the app only']))
  })

  test('queues an event for handles once for each pusher with the handle, and for no other', async (t) => {
    const { delivery, gateway } = await setUpHandles(t, open)
    await delivery.setPusher(carol, {
      pushkey: 'carols',
      instance_handle: 'phone',
      data: { url: gateway.url },
    })
    const position = await delivery.say(bob, 'mine')
    await delivery.db.transaction((tx) => tx.run(clearQueue, {}))
    const holders = [
      { userId: bob, handle: 'phone' },
      { userId: bob, handle: 'unused' },
    ]
    const enqueue = async (wanted: typeof holders) => {
      const enqueued: number[] = []
      const item = { holders: wanted, position, type: 'm.room.message', now: 1 }
      await delivery.db.transaction(async (tx) =>
        enqueueForHandles(tx, item, (pusherIds) => enqueued.push(...pusherIds)),
      )
      return enqueued.length
    }
    assert.equal(await enqueue(holders), 2)
    assert.equal(await enqueue(holders), 0)
    assert.deepEqual(
      (await delivery.db.all(queueItems, {})).map((row) => [row.user_id, row.pushkey]),
      [
        [bob, 'phone'],
        [bob, 'watch'],
      ],
    )
    assert.equal(await enqueue([]), 0)
  })
})

const increaseMemberCount = query()((db) => db.updateTable('rooms').set({ joined_count: 9 }))
const clearQueue = query()((db) => db.deleteFrom('lane_items'))
