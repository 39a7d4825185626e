import assert from 'node:assert/strict'
import { test } from 'node:test'
import { room } from '../notifications/fixture.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { alice, atRest, bob, isBadge, kitchen, setUp, type Tower } from './tower.ts'

const readAll = (tower: Tower, position: number, roomId = kitchen) =>
  tower.house.read({ userId: bob, roomId, threadId: '', position })

onEachDatabase('badge pokes', (open) => {
  test('reading sends one poke with the number alone, zero said outright', async (t) => {
    const { tower, gateway } = await setUp(t, open)
    await using _worker = await tower.start()
    const position = await tower.say(alice, 'hello')
    await atRest(tower)
    await readAll(tower, position)
    const poke = await gateway.waitFor(isBadge)
    assert.deepEqual(Object.keys(poke).toSorted(), ['counts', 'devices'])
    assert.deepEqual(poke.counts, { unread: 0 })
    assert.equal(poke.devices.length, 1)
    await atRest(tower)
    assert.equal((await tower.pusherRows())[0]?.value_told, 0)
    assert.equal(gateway.pokes.length, 2)
  })

  test('the number that was told last is not told again, also after a restart', async (t) => {
    const { tower, gateway } = await setUp(t, open)
    const first = await tower.start()
    const one = await tower.say(alice, 'one')
    await atRest(tower)
    await readAll(tower, one)
    await atRest(tower)
    await first[Symbol.asyncDispose]()
    await using _second = await tower.start()
    const two = await tower.say(alice, 'two')
    await readAll(tower, two)
    await atRest(tower)
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
    const { tower, gateway } = await setUp(t, open)
    const attic = room('attic')
    const cellar = room('cellar')
    for (const roomId of [attic, cellar])
      for (const userId of [alice, bob]) await tower.house.join(roomId, userId)
    await using _worker = await tower.start()
    const positions = new Map<typeof kitchen, number>()
    for (const roomId of [attic, cellar, kitchen])
      positions.set(roomId, (await tower.house.say(roomId, alice, 'hello')).position)
    await atRest(tower)
    const before = gateway.pokes.length
    let answer = () => {}
    const gate = new Promise<void>((resolve) => (answer = resolve))
    gateway.answer(async () => {
      await gate
      return {}
    })
    await readAll(tower, positions.get(attic) ?? 0, attic)
    await eventually(() => gateway.pokes.length === before + 1)
    await readAll(tower, positions.get(cellar) ?? 0, cellar)
    await readAll(tower, positions.get(kitchen) ?? 0, kitchen)
    answer()
    await atRest(tower)
    assert.deepEqual(
      gateway.pokes.slice(before).map((poke) => poke.counts),
      [{ unread: 2 }, { unread: 0 }],
    )
  })

  test('a badge waits behind the messages of its pusher: the older number never comes last', async (t) => {
    const { tower, gateway } = await setUp(t, open)
    let answer = () => {}
    const gate = new Promise<void>((resolve) => (answer = resolve))
    gateway.answer(async () => {
      await gate
      return {}
    })
    await using _worker = await tower.start()
    const one = await tower.say(alice, 'one')
    await eventually(() => gateway.pokes.length === 1)
    await readAll(tower, one)
    assert.equal(gateway.pokes.length, 1, 'one in flight per pusher')
    answer()
    await atRest(tower)
    assert.deepEqual(
      gateway.pokes.map((poke) => poke.counts),
      [{ unread: 1 }, { unread: 0 }],
    )
    assert.equal((await tower.pusherRows())[0]?.value_told, 0)
  })

  test('a badge that could not be told is told later, as it is then', async (t) => {
    const { tower, gateway } = await setUp(t, open)
    await using _worker = await tower.start()
    const one = await tower.say(alice, 'one')
    await atRest(tower)
    gateway.answer({ status: 500 })
    await readAll(tower, one)
    await eventually(() => tower.told.some(({ event }) => event === 'pusherFailing'))
    gateway.answer({})
    tower.clock.advance(1000)
    await atRest(tower)
    assert.deepEqual(
      gateway.pokes.map((poke) => poke.counts),
      [{ unread: 1 }, { unread: 0 }, { unread: 0 }],
    )
    assert.equal((await tower.pusherRows())[0]?.failing_since, null)
  })
})
