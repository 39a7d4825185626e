import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { JsonObject } from '../../../src/lib/json.ts'
import type { Database } from '../../../src/storage/database.ts'
import { advanceIdleShards } from '../../../src/storage/idle-shards.ts'
import { counting } from '../../support/counting-database.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { encryptionSection } from '../../../src/keys/sync-section.ts'
import { presenceSection } from '../../../src/rooms/presence/presence-section.ts'
import { bodies, createSyncFixture, type SyncFixture, user } from '../sync-fixture.ts'

const alice = user('alice')
const bob = user('bob')

const FILTERS: Record<string, JsonObject> = {
  'no filter': {},
  'lazy loading of members': { room: { state: { lazy_load_members: true }, timeline: { limit: 20 } } },
}
const MAX_INITIAL = 13
const MAX_INCREMENTAL = 6

/** With all sections of the server. */
async function createFixture(t: TestContext, db: Database): Promise<SyncFixture> {
  const fixture = await createSyncFixture(t, db, ['alice', 'bob'])
  const { clock } = fixture
  fixture.reads.sections = [...fixture.reads.sections, encryptionSection(), presenceSection({ clock })]
  return fixture
}

async function addRooms(fixture: SyncFixture, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    // Every second room has no name, so its summary has heroes.
    const roomId = await fixture.create(alice, {
      preset: 'public_chat',
      ...(at % 2 === 0 && { name: `${at}` }),
    })
    await fixture.invite(roomId, alice, bob)
    await fixture.join(roomId, bob)
    await fixture.say(roomId, alice, 'hello')
  }
}

onEachDatabase('the number of statements of /sync', (open) => {
  for (const [name, filter] of Object.entries(FILTERS)) {
    test(`is the same for 21 and 60 rooms, and at most ${MAX_INITIAL}, in an initial sync with ${name}`, async (t) => {
      const { db, count } = counting(await open(t))
      const fixture = await createFixture(t, db)
      const counts: number[] = []
      for (const [more, rooms] of [
        [1, 1],
        [20, 21],
        [39, 60],
      ] as const) {
        await addRooms(fixture, more)
        const before = count.read
        const response = await fixture.sync(bob, undefined, { filter })
        counts.push(count.read - before)
        assert.equal(Object.keys(response.rooms.join).length, rooms)
      }
      const [ofOne, ofFew, ofMany] = counts as [number, number, number]
      // The size of a single room is not estimated, and a room with a name has no heroes.
      assert.ok(ofOne <= ofFew && ofOne >= ofFew - 2, counts.join(', '))
      assert.equal(ofMany, ofFew, counts.join(', '))
      assert.ok(ofMany <= MAX_INITIAL, String(ofMany))
    })

    test(`is at most ${MAX_INCREMENTAL} for one new event, with ${name}`, async (t) => {
      const { db, count } = counting(await open(t))
      const fixture = await createFixture(t, db)
      await addRooms(fixture, 21)
      // As the server does every second.
      await advanceIdleShards(db)
      const first = await fixture.sync(bob, undefined, { filter })
      const roomId = Object.keys(first.rooms.join)[0] as keyof typeof first.rooms.join
      await fixture.say(roomId, alice, 'one')
      const before = count.read
      const response = await fixture.sync(bob, first.next_batch, { filter })
      assert.ok(count.read - before <= MAX_INCREMENTAL, String(count.read - before))
      assert.deepEqual(bodies(response.rooms.join[roomId]?.timeline.events ?? []), ['one'])
    })
  }
})
