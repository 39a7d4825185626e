import assert from 'node:assert/strict'
import { test } from 'node:test'
import { displayNameAt, loadPokedEvents } from '../../src/rooms/poke-event.ts'
import { alice, bob, createDeliveryFixture, carol, room1 } from '../delivery/delivery-fixture.ts'
import { onEachDatabase } from '../support/databases.ts'

onEachDatabase('the events that pokes describe', (open) => {
  test('room name and sender name are those at the time of the event', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    const name = (text: string) =>
      delivery.fixture.send({
        roomId: room1,
        sender: alice,
        type: 'm.room.name',
        stateKey: '',
        content: { name: text },
      })
    const displayName = (displayname: string) =>
      delivery.fixture.send({
        roomId: room1,
        sender: alice,
        type: 'm.room.member',
        stateKey: alice,
        content: { membership: 'join', displayname },
      })
    await name('Old name')
    await displayName('Alice')
    const before = await delivery.say(alice, 'before')
    await name('New name')
    await displayName('Alicia')
    const after = await delivery.say(alice, 'after')
    const events = await loadPokedEvents(delivery.db, [before, after, 999])
    assert.equal(events.size, 2)
    assert.equal(events.get(before)?.room.name, 'Old name')
    assert.equal(events.get(before)?.event.senderDisplayName, 'Alice')
    assert.equal(events.get(after)?.room.name, 'New name')
    assert.equal(events.get(after)?.event.senderDisplayName, 'Alicia')
    assert.deepEqual(events.get(after)?.room.members, [], 'the members of a room with a name are not loaded')
    assert.equal(events.get(after)?.event.stateKey, null)
  })

  test('the rule context is the state of the room before the event', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    const levels = (users: Record<string, number>) =>
      delivery.fixture.send({
        roomId: room1,
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
    assert.equal(await displayNameAt(delivery.db, { roomId: room1, userId: bob, position: first }), undefined)
  })

  test('a room without a name has its first members, without members who left', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await delivery.fixture.setMember({ roomId: room1, userId: alice, membership: 'leave', before: 'join' })
    await delivery.fixture.send({
      roomId: room1,
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
    assert.equal(room?.memberCount, 3, 'the value of the counter of the room')
  })

  test('a room name of the wrong type is kept, and an empty display name is dropped', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await delivery.fixture.send({
      roomId: room1,
      sender: bob,
      type: 'm.room.name',
      stateKey: '',
      content: { name: 5 },
    })
    await delivery.fixture.send({
      roomId: room1,
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
