import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setAccountData } from '../../../../src/accounts/account-data.ts'
import type { RoomId } from '../../../../src/lib/ids.ts'
import { banUser, kickUser } from '../../../../src/rooms/membership.ts'
import { onEachDatabase } from '../../../support/databases.ts'
import { quotas } from '../../../support/quotas.ts'
import { user } from '../../sync-fixture.ts'
import { createSlidingFixture, type SlidingFixture } from './fixture.ts'

const [alice, bob] = [user('alice'), user('bob')]
const CONFIG = {
  timeline_limit: 10,
  required_state: { include: [{ type: 'm.room.name' }, { type: 'm.room.topic' }] },
}
const LIST = { lists: { all: { ...CONFIG, timeline_limit: 1 } } }

async function withRoom(fixture: SlidingFixture): Promise<RoomId> {
  const roomId = await fixture.create(alice)
  await fixture.join(roomId, bob)
  return roomId
}

const setDirect = ({ rooms }: SlidingFixture, ...roomIds: RoomId[]) =>
  setAccountData(
    { ...rooms, quotas, onUsersIgnored: () => Promise.resolve(), onRulesChanged: () => Promise.resolve() },
    { userId: bob, roomId: '', type: 'm.direct' },
    { [alice]: roomIds },
  )

onEachDatabase('a change of m.direct in sliding sync', (open) => {
  test('is sent when the room comes back into a window after a request without lists', async (t) => {
    const fixture = await createSlidingFixture(t, await open(t), ['alice', 'bob'])
    const [direct, other] = [await withRoom(fixture), await withRoom(fixture)]
    const first = await fixture.slide(bob, LIST)
    assert.equal(first.rooms[direct]?.is_dm ?? false, false)
    await setDirect(fixture, direct)
    const second = await fixture.slide(bob, {}, { pos: first.pos })
    assert.deepEqual(second.rooms, {})
    await fixture.say(other, alice, 'elsewhere')
    await fixture.say(direct, alice, 'hello')
    const third = await fixture.slide(bob, LIST, { pos: second.pos })
    assert.equal(third.rooms[direct]?.is_dm, true)
    assert.equal(third.rooms[other]?.is_dm, undefined)
  })

  for (const [name, remove] of [
    ['kick', kickUser],
    ['ban', banUser],
  ] as const)
    for (const [by, body] of [
      ['list', () => LIST],
      ['subscription', (roomId: RoomId) => ({ ...LIST, room_subscriptions: { [roomId]: CONFIG } })],
    ] as const)
      test(`sends nothing of a room after the user's removal by a ${name}, with a ${by}`, async (t) => {
        const fixture = await createSlidingFixture(t, await open(t), ['alice', 'bob'])
        const roomId = await withRoom(fixture)
        const first = await fixture.slide(bob, LIST)
        await remove(fixture.rooms, { roomId, sender: alice, target: bob })
        const second = await fixture.slide(bob, LIST, { pos: first.pos })
        assert.ok(second.rooms[roomId])
        await fixture.say(roomId, alice, 'secret message')
        for (const type of ['name', 'topic'])
          await fixture.set(roomId, alice, `m.room.${type}`, { [type]: 'secret' })
        await setDirect(fixture, roomId)
        const third = await fixture.slide(bob, body(roomId), { pos: second.pos })
        assert.deepEqual(third.rooms, {})
        // The same from the position before the removal: only the removal is sent.
        const all = await fixture.slide(bob, body(roomId), { pos: first.pos })
        assert.ok(all.rooms[roomId])
        assert.ok(!JSON.stringify(all.rooms).includes('secret'))
      })
})
