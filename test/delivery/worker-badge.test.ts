import assert from 'node:assert/strict'
import { test } from 'node:test'
import { room } from '../notifications/fixture.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { alice, atRest, bob, isBadge, kitchen, setUp, type DeliveryFixture } from './delivery-fixture.ts'

const readAll = (delivery: DeliveryFixture, position: number, roomId = kitchen) =>
  delivery.fixture.read({ userId: bob, roomId, threadId: '', position })

onEachDatabase('badge pokes', (open) => {
  test('reading sends one poke with the number alone, zero said outright', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await using _worker = await delivery.start()
    const position = await delivery.say(alice, 'hello')
    await atRest(delivery)
    await readAll(delivery, position)
    const poke = await gateway.waitFor(isBadge)
    assert.deepEqual(Object.keys(poke).toSorted(), ['counts', 'devices'])
    assert.deepEqual(poke.counts, { unread: 0 })
    assert.equal(poke.devices.length, 1)
    await atRest(delivery)
    assert.equal((await delivery.pusherRows())[0]?.value_told, 0)
    assert.equal(gateway.pokes.length, 2)
  })

  test('the number that was told last is not told again, also after a restart', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const first = await delivery.start()
    const one = await delivery.say(alice, 'one')
    await atRest(delivery)
    await readAll(delivery, one)
    await atRest(delivery)
    await first[Symbol.asyncDispose]()
    await using _second = await delivery.start()
    const two = await delivery.say(alice, 'two')
    await readAll(delivery, two)
    await atRest(delivery)
    const badges = gateway.pokes.map((poke) => poke.counts?.unread)
    // Either the message was told of before it was read, and taken back, or not at all.
    assert.ok(
      [
        [1, 0],
        [1, 0, 1, 0],
      ].some((wanted) => JSON.stringify(wanted) === JSON.stringify(badges)),
      String(badges),
    )
  })

  test('changes during an exchange become one poke with the newest number', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const attic = room('attic')
    const cellar = room('cellar')
    for (const roomId of [attic, cellar])
      for (const userId of [alice, bob]) await delivery.fixture.join(roomId, userId)
    await using _worker = await delivery.start()
    const positions = new Map<typeof kitchen, number>()
    for (const roomId of [attic, cellar, kitchen])
      positions.set(roomId, (await delivery.fixture.say(roomId, alice, 'hello')).position)
    await atRest(delivery)
    const before = gateway.pokes.length
    let answer = () => {}
    const gate = new Promise<void>((resolve) => (answer = resolve))
    gateway.answer(async () => {
      await gate
      return {}
    })
    await readAll(delivery, positions.get(attic) ?? 0, attic)
    await eventually(() => gateway.pokes.length === before + 1)
    await readAll(delivery, positions.get(cellar) ?? 0, cellar)
    await readAll(delivery, positions.get(kitchen) ?? 0, kitchen)
    answer()
    await atRest(delivery)
    assert.deepEqual(
      gateway.pokes.slice(before).map((poke) => poke.counts),
      [{ unread: 2 }, { unread: 0 }],
    )
  })

  test('a badge waits behind the messages of its pusher: the older number never comes last', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    let answer = () => {}
    const gate = new Promise<void>((resolve) => (answer = resolve))
    gateway.answer(async () => {
      await gate
      return {}
    })
    await using _worker = await delivery.start()
    const one = await delivery.say(alice, 'one')
    await eventually(() => gateway.pokes.length === 1)
    await readAll(delivery, one)
    assert.equal(gateway.pokes.length, 1, 'one in flight per pusher')
    answer()
    await atRest(delivery)
    assert.deepEqual(
      gateway.pokes.map((poke) => poke.counts),
      [{ unread: 1 }, { unread: 0 }],
    )
    assert.equal((await delivery.pusherRows())[0]?.value_told, 0)
  })

  test('a badge that could not be told is told later, as it is then', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await using _worker = await delivery.start()
    const one = await delivery.say(alice, 'one')
    await atRest(delivery)
    gateway.answer({ status: 500 })
    await readAll(delivery, one)
    await eventually(() => delivery.told.some(({ event }) => event === 'pusherFailing'))
    gateway.answer({})
    delivery.clock.advance(1000)
    await atRest(delivery)
    assert.deepEqual(
      gateway.pokes.map((poke) => poke.counts),
      [{ unread: 1 }, { unread: 0 }, { unread: 0 }],
    )
    assert.equal((await delivery.pusherRows())[0]?.failing_since, null)
  })
})
