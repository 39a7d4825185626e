import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redactEvent } from '../../../../src/rooms/redact.ts'
import { onEachDatabase } from '../../../support/databases.ts'
import { deviceOf, user } from '../../sync-fixture.ts'
import { createSlidingFixture } from './fixture.ts'

const [alice, bob] = [user('alice'), user('bob')]
const roomList = {
  lists: {
    all: {
      range: [0, 99],
      timeline_limit: 1,
      required_state: { include: [{ type: 'm.room.name', state_key: '' }] },
    },
  },
}

onEachDatabase('a cached list of rooms', (open) => {
  test('has the last message, name and members of a room after each kind of event', async (t) => {
    const fixture = await createSlidingFixture(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await fixture.create(alice, { preset: 'public_chat', name: 'The office' })
    await fixture.join(roomId, bob)
    let { pos } = await fixture.slide(bob, roomList)
    const next = async () => {
      const response = await fixture.slide(bob, roomList, { pos })
      ;({ pos } = response)
      // What a new connection gets comes from the list alone.
      const { rooms } = await fixture.slide(bob, { ...roomList, conn_id: 'new' })
      assert.equal(rooms[roomId]?.bump_stamp, response.rooms[roomId]?.bump_stamp)
      return { ...response.rooms[roomId], shown: rooms[roomId] }
    }
    const eventId = await fixture.say(roomId, alice, 'hello')
    const message = await next()
    await fixture.react(roomId, alice, eventId)
    const reaction = await next()
    assert.equal(reaction.bump_stamp, message.bump_stamp, 'a reaction does not move the room')
    const later = await fixture.say(roomId, alice, 'again')
    assert.ok(((await next()).bump_stamp ?? 0) > (message.bump_stamp ?? 0))
    const named = await fixture.set(roomId, alice, 'm.room.name', { name: 'The pub' })
    assert.equal((await next()).name, 'The pub')
    await fixture.join(roomId, user('carol'))
    assert.equal((await next()).shown?.joined_count, 3)
    for (const id of [later, named]) {
      const transaction = { deviceId: deviceOf(alice), txnId: `redaction of ${id}` }
      await redactEvent(fixture.rooms, { roomId, sender: alice, eventId: id, content: {}, transaction })
    }
    const redacted = await next()
    assert.equal(redacted.name, null)
    assert.equal(redacted.shown?.name, undefined)
  })
})
