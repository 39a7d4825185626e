import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setMarkers } from '../../../src/rooms/receipts.ts'
import { roomsWithLatestNews, roomsWithNews, roomsWithOldNews } from '../../../src/rooms/sync/news-store.ts'
import { currentPoint } from '../../../src/storage/stream.ts'
import { highest } from '../../../src/storage/stream-point.ts'
import { currentPosition } from '../../support/current-position.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { pointOfCounts } from '../../support/points.ts'
import { createSyncFixture, user } from '../sync-fixture.ts'
import { PEOPLE, writeSituations } from './situations.ts'

const alice = user('alice')
const bob = user('bob')

onEachDatabase('the rooms with news', (open) => {
  test('are the same from the latest events as from the rooms of the user, after each position', async (t) => {
    const db = await open(t)
    const fixture = await createSyncFixture(t, db, PEOPLE)
    await writeSituations(fixture)
    const position = await currentPoint(db)
    const last = Math.floor(highest(position) / db.shards) + 1
    assert.ok(last > 80)
    let found = 0
    for (const userId of PEOPLE.map(user))
      for (let seen = 0; seen <= last; seen++) {
        const since = pointOfCounts(position.map(() => seen))
        const rooms = await db.all(roomsWithLatestNews, { userId, since, position })
        assert.deepEqual(rooms, await db.all(roomsWithOldNews, { userId, since }), `${userId} ${seen}`)
        found += rooms.length
      }
    assert.ok(found > 200)
  })

  test('contain a room with a receipt of the user, and not one with only a private receipt of another user', async (t) => {
    const db = await open(t)
    const fixture = await createSyncFixture(t, db, ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const eventId = await fixture.say(roomId, alice, 'hello')
    const since = await currentPosition(db)
    const markers = [{ type: 'm.read.private' as const, eventId, threadId: '' }]
    await setMarkers(fixture.receipts, { userId: bob, roomId, markers })
    const position = await currentPosition(db)
    assert.ok(position > since)
    // 5,000 positions: the rooms of the user are read.
    for (const to of [position, since + 5000]) {
      assert.deepEqual(await roomsWithNews(db, { userId: alice, since: [since], position: [to] }), [])
      const own = await roomsWithNews(db, { userId: bob, since: [since], position: [to] })
      assert.deepEqual(
        own.map((room) => room.room_id),
        [roomId],
      )
    }
  })
})
