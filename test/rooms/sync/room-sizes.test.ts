import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId } from '../../../src/lib/ids.ts'
import { parseFilter } from '../../../src/rooms/sync/filter.ts'
import { planRooms } from '../../../src/rooms/sync/plan.ts'
import { sizesOf } from '../../../src/rooms/sync/room-sizes-store.ts'
import { parseToken } from '../../../src/rooms/sync/token.ts'
import { currentPoint } from '../../../src/storage/stream.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { createSyncFixture, type SyncFixture, user } from '../sync-fixture.ts'

const alice = user('alice')
const bob = user('bob')
const NAMES = Array.from({ length: 30 }, (_, at) => `member-${at}`)
const EXTRAS = { ephemeral: [], accountData: [], ownReceipt: false, counts: undefined }

/** A room with large messages, one with many members, one with large state, and an invitation. */
async function addRooms(fixture: SyncFixture): Promise<void> {
  const [large, many, topic] = [
    await fixture.create(alice),
    await fixture.create(alice),
    await fixture.create(alice),
  ] as const
  for (const roomId of [large, many, topic]) await fixture.join(roomId, bob)
  for (let at = 0; at < 20; at++) await fixture.say(large, alice, 'x'.repeat(20_000))
  for (const name of NAMES) await fixture.join(many, user(name))
  await fixture.set(topic, alice, 'm.room.topic', { topic: 'y'.repeat(30_000) })
  for (let at = 0; at < 15; at++) await fixture.say(topic, alice, 'short')
  await fixture.invite(await fixture.create(alice, { preset: 'private_chat' }), alice, bob)
}

onEachDatabase('the estimated size of a room in a response', (open) => {
  for (const filter of [{}, { room: { state: { lazy_load_members: true }, timeline: { limit: 3 } } }])
    test(`is between half and twice the size, with the filter ${JSON.stringify(filter)}`, async (t) => {
      const db = await open(t)
      const fixture = await createSyncFixture(t, db, ['alice', 'bob', ...NAMES])
      const before = await fixture.sync(bob, undefined, { filter })
      await addRooms(fixture)
      const parsed = parseFilter(filter)
      for (const since of [undefined, before.next_batch]) {
        const plans = await planRooms(db, {
          userId: bob,
          filter: parsed,
          since: since === undefined ? undefined : parseToken(since, 'since').position,
          fullState: false,
          position: await currentPoint(db),
          alsoRooms: [],
        })
        const rooms = plans.map((plan) => ({ plan, extras: EXTRAS }))
        const sizes = await sizesOf(db, rooms, parsed)
        const { rooms: found } = await fixture.sync(bob, since, { filter })
        const parts = Object.entries({ ...found.join, ...found.invite }) as [RoomId, unknown][]
        assert.equal(parts.length, 4)
        for (const [roomId, part] of parts) {
          const actual = JSON.stringify(part).length
          const estimate = sizes.get(roomId) ?? 0
          assert.ok(estimate > actual / 2 && estimate < actual * 2, `${roomId}: ${estimate} for ${actual}`)
        }
      }
    })
})
