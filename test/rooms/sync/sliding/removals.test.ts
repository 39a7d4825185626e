import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId } from '../../../../src/lib/ids.ts'
import { banUser, forgetRoom, kickUser } from '../../../../src/rooms/membership.ts'
import { onEachDatabase } from '../../../support/databases.ts'
import { user } from '../../sync-fixture.ts'
import { createSlidingFixture, type SlidingFixture } from './fixture.ts'

const [alice, bob] = [user('alice'), user('bob')]
const listOf = (more = {}) => ({ lists: { all: { timeline_limit: 1, required_state: {}, ...more } } })
/** The window has only the last active room. */
const NARROW = listOf({ range: [0, 0] })

async function withRoom(fixture: SlidingFixture): Promise<RoomId> {
  const roomId = await fixture.create(alice)
  await fixture.join(roomId, bob)
  return roomId
}

onEachDatabase('the removal from a room outside the windows', (open) => {
  for (const [name, remove] of [
    ['kick', kickUser],
    ['ban', banUser],
  ] as const)
    test(`by a ${name} is sent again after a lost response, and to another device`, async (t) => {
      const fixture = await createSlidingFixture(t, await open(t), ['alice', 'bob'])
      const [removed, other] = [await withRoom(fixture), await withRoom(fixture)]
      const first = await fixture.slide(bob, listOf())
      const phone = await fixture.slide(bob, listOf(), { deviceId: 'PHONE' })
      await remove(fixture.rooms, { roomId: removed, sender: alice, target: bob })
      await fixture.say(other, alice, 'newer')
      const both = [removed, other].toSorted()
      for (const options of [{ pos: first.pos }, { pos: first.pos }, { pos: phone.pos, deviceId: 'PHONE' }]) {
        const { rooms } = await fixture.slide(bob, NARROW, options)
        assert.deepEqual(Object.keys(rooms).toSorted(), both)
        assert.ok(!JSON.stringify(rooms[removed]).includes('newer'))
      }
    })

  test('leaves the lists when the user forgets the room, also without a new event', async (t) => {
    const fixture = await createSlidingFixture(t, await open(t), ['alice', 'bob'])
    const [removed] = [await withRoom(fixture), await withRoom(fixture)]
    await kickUser(fixture.rooms, { roomId: removed, sender: alice, target: bob })
    const first = await fixture.slide(bob, listOf())
    assert.equal(first.lists['all']?.count, 2)
    // An event of the room changes nothing for the user.
    await fixture.say(removed, alice, 'later')
    const second = await fixture.slide(bob, listOf(), { pos: first.pos })
    assert.deepEqual([second.lists['all']?.count, second.rooms], [2, {}])
    await forgetRoom(fixture.rooms, { roomId: removed, userId: bob })
    const third = await fixture.slide(bob, listOf(), { pos: second.pos })
    assert.equal(third.lists['all']?.count, 1)
  })
})
