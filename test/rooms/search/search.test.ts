import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId } from '../../../src/lib/ids.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { joinRoom } from '../../../src/rooms/membership.ts'
import { indexNewEvents } from '../../../src/rooms/search/index-events.ts'
import { insertIndexed } from '../../../src/rooms/search/index-store.ts'
import { searchEvents, type SearchRequest } from '../../../src/rooms/search/search.ts'
import { NO_ROOM_EVENT_FILTER } from '../../../src/rooms/sync/filter.ts'
import type { Database } from '../../../src/storage/database.ts'
import type { Queries } from '../../../src/storage/query.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { alice, bob, createRoomsFixture, phone, publicRoom, say, setState } from '../fixture.ts'

const REQUEST: SearchRequest = {
  term: 'hello',
  types: ['m.room.message'],
  filter: NO_ROOM_EVENT_FILTER,
  order: 'recent',
  limit: 400,
  context: undefined,
  includeState: false,
  groupBy: [],
  nextBatch: undefined,
}
const ORDERS = ['recent', 'rank'] as const

const readerOf = (userId: typeof alice, pageBytes = 1_000_000) => ({
  viewer: { userId, deviceId: phone },
  now: 0,
  pageBytes,
})

const idsOf = (page: JsonObject) =>
  (page['results'] as { result: { event_id: string } }[]).map(({ result }) => result.event_id)

/** All pages of a search. */
async function pagesOf(db: Database, reader: ReturnType<typeof readerOf>, request: SearchRequest) {
  const pages: JsonObject[] = []
  let nextBatch: string | undefined
  do {
    const page = await db.snapshot((q) => searchEvents(q, reader, { ...request, nextBatch }))
    pages.push(page)
    nextBatch = page['next_batch'] as string | undefined
  } while (nextBatch !== undefined)
  return pages
}

onEachDatabase('searchEvents', (open) => {
  test('reads a bounded number of matches, and continues before them', async (t) => {
    const db = await open(t)
    const fixture = await createRoomsFixture(db)
    const roomId = await publicRoom(fixture)
    const ids: string[] = []
    for (let at = 0; at < 1015; at++) ids.push(await say(fixture, roomId, alice, 'hello'))
    await indexNewEvents(db, 100)
    for (const order of ORDERS) {
      const pages = await pagesOf(db, readerOf(alice), { ...REQUEST, order })
      assert.deepEqual(pages.flatMap(idsOf), ids.toReversed(), order)
      assert.equal(pages[0]?.['count'], 1000)
    }
  })

  test('reads only the matches in the rooms of the user', async (t) => {
    const db = await open(t)
    const fixture = await createRoomsFixture(db)
    const others = await publicRoom(fixture)
    const shared = await publicRoom(fixture)
    await joinRoom(fixture, { roomId: shared, userId: bob })
    for (let at = 0; at < 20; at++) await say(fixture, others, alice, 'hello')
    const found = await say(fixture, shared, alice, 'hello')
    await indexNewEvents(db, 100)
    let rows = 0
    await db.snapshot(async (q) => {
      const counting: Queries = {
        first: q.first.bind(q),
        run: q.run.bind(q),
        async all(query, params) {
          const read = await q.all(query, params)
          rows = Math.max(rows, read.length)
          return read
        },
      }
      assert.deepEqual(idsOf(await searchEvents(counting, readerOf(bob), REQUEST)), [found])
    })
    assert.ok(rows < 10, `${rows} rows`)
  })

  test('reads 5,000 events with the words for a user of more than 50 rooms, and continues before them', async (t) => {
    const db = await open(t)
    const fixture = await createRoomsFixture(db)
    const ids: string[] = []
    for (let at = 0; at < 51; at++) {
      const roomId = await publicRoom(fixture)
      if (at < 3) ids.push(await say(fixture, roomId, alice, 'hello'))
    }
    await indexNewEvents(db, 100)
    await db.transaction(async (tx) => {
      for (let at = 0; at < 5000; at++)
        tx.write(insertIndexed, { position: 1_000_000 + at, words: ['hello'] })
    })
    for (const order of ORDERS) {
      const pages = await pagesOf(db, readerOf(alice), { ...REQUEST, order, limit: 2 })
      assert.deepEqual(pages.map(idsOf), [[], [ids[2], ids[1]], [ids[0]]], order)
    }
  })

  test('leaves out the state of the rooms that exceed the bytes of the page', async (t) => {
    const db = await open(t)
    const fixture = await createRoomsFixture(db)
    const roomIds: RoomId[] = []
    for (let at = 0; at < 3; at++) {
      const roomId = await publicRoom(fixture)
      const content = { text: 'x'.repeat(20_000) }
      await setState(fixture, roomId, alice, { type: 'org.example.large', content })
      await say(fixture, roomId, alice, 'hello')
      roomIds.unshift(roomId)
    }
    await indexNewEvents(db, 100)
    const stateOf = async (pageBytes: number) => {
      const request = { ...REQUEST, includeState: true }
      const page = await db.snapshot((q) => searchEvents(q, readerOf(alice, pageBytes), request))
      assert.equal(idsOf(page).length, 3)
      return Object.keys(page['state'] as JsonObject)
    }
    assert.deepEqual(await stateOf(60_000), roomIds.slice(0, 2))
    assert.deepEqual(await stateOf(1_000_000), roomIds)
  })
})
