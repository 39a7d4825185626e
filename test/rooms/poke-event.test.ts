import assert from 'node:assert/strict'
import { test } from 'node:test'
import { displayNameAt, loadPokedEvents } from '../../src/rooms/poke-event.ts'
import { alice, bob, createDeliveryFixture, carol, kitchen } from '../delivery/delivery-fixture.ts'
import { onEachDatabase } from '../support/databases.ts'

onEachDatabase('events as pokes tell of them', (open) => {
  test('names are those at the event, whatever came later', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    const name = (text: string) =>
      delivery.fixture.send({
        roomId: kitchen,
        sender: alice,
        type: 'm.room.name',
        stateKey: '',
        content: { name: text },
      })
    const call = (displayname: string) =>
      delivery.fixture.send({
        roomId: kitchen,
        sender: alice,
        type: 'm.room.member',
        stateKey: alice,
        content: { membership: 'join', displayname },
      })
    await name('Old name')
    await call('Alice')
    const before = await delivery.say(alice, 'before')
    await name('New name')
    await call('Alicia')
    const after = await delivery.say(alice, 'after')
    const events = await loadPokedEvents(delivery.db, [before, after, 999])
    assert.equal(events.size, 2)
    assert.equal(events.get(before)?.room.name, 'Old name')
    assert.equal(events.get(before)?.event.senderDisplayName, 'Alice')
    assert.equal(events.get(after)?.room.name, 'New name')
    assert.equal(events.get(after)?.event.senderDisplayName, 'Alicia')
    assert.deepEqual(events.get(after)?.room.members, [], 'a room with a name is not asked for its members')
    assert.equal(events.get(after)?.event.stateKey, null)
  })

  test('what rules ask of a room is as the event found it', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    const levels = (users: Record<string, number>) =>
      delivery.fixture.send({
        roomId: kitchen,
        sender: alice,
        type: 'm.room.power_levels',
        stateKey: '',
        content: { users },
      })
    delivery.fixture.context.memberCount = 3
    const first = await delivery.say(bob, 'first')
    const change = (await levels({ [bob]: 50 })).position
    delivery.fixture.context.memberCount = 4
    const second = await delivery.say(bob, 'second')
    await levels({})
    const events = await loadPokedEvents(delivery.db, [first, change, second])
    const contexts = [first, change, second].map((position) => events.get(position)?.context)
    assert.deepEqual(
      contexts.map((context) => [context?.memberCount, context?.powerLevels]),
      [
        [3, undefined],
        [3, undefined],
        [4, { users: { [bob]: 50 } }],
      ],
    )
    assert.deepEqual([contexts[0]?.creators, contexts[0]?.roomVersion], [[alice], '12'])
    assert.equal(
      await displayNameAt(delivery.db, { roomId: kitchen, userId: bob, position: first }),
      undefined,
    )
  })

  test('a room without a name has its first members, and those who left are none', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await delivery.fixture.setMember({ roomId: kitchen, userId: alice, membership: 'leave', before: 'join' })
    await delivery.fixture.send({
      roomId: kitchen,
      sender: bob,
      type: 'm.room.name',
      stateKey: '',
      content: {},
    })
    const position = await delivery.say(bob, 'hello')
    const room = (await loadPokedEvents(delivery.db, [position])).get(position)?.room
    assert.deepEqual(
      room?.members.map(({ userId }) => userId),
      [bob, carol],
    )
    assert.equal(room?.memberCount, 3, 'as the counters of the room have it')
  })

  test('a name of the wrong type, or an empty one, does no harm', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await delivery.fixture.send({
      roomId: kitchen,
      sender: bob,
      type: 'm.room.name',
      stateKey: '',
      content: { name: 5 },
    })
    await delivery.fixture.send({
      roomId: kitchen,
      sender: bob,
      type: 'm.room.member',
      stateKey: bob,
      content: { membership: 'join', displayname: '' },
    })
    const position = await delivery.say(bob, 'hello')
    const poked = (await loadPokedEvents(delivery.db, [position])).get(position)
    assert.equal(poked?.room.name, 5)
    assert.equal(poked?.event.senderDisplayName, undefined)
  })
})
