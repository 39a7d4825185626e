import assert from 'node:assert/strict'
import { test } from 'node:test'
import { indexNewEvents } from '../../../src/rooms/search/index-events.ts'
import { searchEvents, type SearchRequest } from '../../../src/rooms/search/search.ts'
import { NO_ROOM_EVENT_FILTER } from '../../../src/rooms/sync/filter.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { alice, createRoomsFixture, phone, publicRoom, say } from '../fixture.ts'

onEachDatabase('searchEvents', (open) => {
  test('reads a bounded number of matches, and continues before them', async (t) => {
    const db = await open(t)
    const fixture = await createRoomsFixture(db)
    const roomId = await publicRoom(fixture)
    const ids: string[] = []
    for (let at = 0; at < 1015; at++) ids.push(await say(fixture, roomId, alice, 'hello'))
    await indexNewEvents(db, 100)
    const reader = { viewer: { userId: alice, deviceId: phone }, now: 0, pageBytes: 1_000_000 }
    for (const order of ['recent', 'rank'] as const) {
      const request: SearchRequest = {
        term: 'hello',
        types: ['m.room.message'],
        filter: NO_ROOM_EVENT_FILTER,
        order,
        limit: 400,
        context: undefined,
        includeState: false,
        groupBy: [],
        nextBatch: undefined,
      }
      const seen: string[] = []
      const counts: unknown[] = []
      let nextBatch: string | undefined
      do {
        const page = await db.snapshot((q) => searchEvents(q, reader, { ...request, nextBatch }))
        counts.push(page['count'])
        for (const { result } of page['results'] as { result: { event_id: string } }[])
          seen.push(result.event_id)
        nextBatch = page['next_batch'] as string | undefined
      } while (nextBatch !== undefined)
      assert.deepEqual(seen, ids.toReversed(), order)
      assert.equal(counts[0], 1000)
    }
  })
})
