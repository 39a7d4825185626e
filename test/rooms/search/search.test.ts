import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { RoomId } from '../../../src/lib/ids.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { createRoom } from '../../../src/rooms/create-room.ts'
import { joinRoom, knockOnRoom } from '../../../src/rooms/membership.ts'
import { findMatches, type Found } from '../../../src/rooms/search/find-matches.ts'
import { indexNewEvents, roomWord } from '../../../src/rooms/search/index-events.ts'
import { insertIndexed } from '../../../src/rooms/search/index-store.ts'
import { searchEvents, type SearchRequest } from '../../../src/rooms/search/search.ts'
import { NO_ROOM_EVENT_FILTER } from '../../../src/rooms/sync/filter.ts'
import type { Database } from '../../../src/storage/database.ts'
import { type Dialect, type Queries, query } from '../../../src/storage/query.ts'
import { currentPosition } from '../../support/current-position.ts'
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

const positions = (d: Dialect, count: number) =>
  d.name === 'sqlite'
    ? sql`(with recursive n(i) as (select 0 union all select i + 1 from n where i < ${count} - 1) select 1000000 + i as position from n) as p`
    : sql`(select 1000000 + i as position from generate_series(0, cast(${count} as integer) - 1) as i) as p`

const insertRemoved = query<{ count: number; words: readonly string[] }>()((db, p, d) =>
  db
    .insertInto('search_index')
    .columns(['rowid', 'words'])
    .expression(
      d.name === 'sqlite'
        ? sql`select position, (select group_concat(value, ' ') from ${d.list(p.words)}) from ${positions(d, p.count)}`
        : sql`select position, array_to_tsvector(array${d.list(p.words)}) from ${positions(d, p.count)}`,
    ),
)

const insertRemovedEntries = query<{ count: number }>()((db, p, d) =>
  db
    .insertInto('search_entries')
    .columns(['position', 'word_count'])
    .expression(sql`select position, 1 from ${positions(d, p.count)}`),
)

onEachDatabase('searchEvents', (open) => {
  test('reads a bounded number of matches, and continues before them', async (t) => {
    const db = await open(t)
    const fixture = await createRoomsFixture(db)
    const roomId = await publicRoom(fixture)
    const ids = await Promise.all(Array.from({ length: 1015 }, () => say(fixture, roomId, alice, 'hello')))
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

  test('has the same pages for a user of more than 50 rooms, whatever is in rooms of others or those the user only knocked on', async (t) => {
    const db = await open(t)
    const fixture = await createRoomsFixture(db)
    const ids: string[] = []
    for (let at = 0; at < 51; at++) {
      const roomId = await publicRoom(fixture)
      if (at < 3) ids.push(await say(fixture, roomId, alice, 'hello'))
    }
    const others = await createRoom(fixture, bob, { preset: 'public_chat' })
    await setState(fixture, others, bob, { type: 'm.room.join_rules', content: { join_rule: 'knock' } })
    await knockOnRoom(fixture, { roomId: others, userId: alice })
    await indexNewEvents(db, 100)
    const words = JSON.stringify(['hello', roomWord(others)])
    const events = Array.from({ length: 5000 }, (_, at) => ({
      position: 1_000_000 + at,
      words,
      wordCount: 1,
    }))
    await db.transaction(async (tx) => tx.write(insertIndexed, { events }))
    for (const order of ORDERS) {
      const pages = await pagesOf(db, readerOf(alice), { ...REQUEST, order, limit: 2 })
      assert.deepEqual(pages.map(idsOf), [[ids[2], ids[1]], [ids[0]]], order)
    }
  })

  test('finds each match once within small limits of the look-ups, also where PostgreSQL does not sort', async (t) => {
    const db = await open(t)
    const fixture = await createRoomsFixture(db)
    const roomIds: RoomId[] = []
    for (let at = 0; at < 3; at++) roomIds.push(await publicRoom(fixture))
    const expected: string[] = []
    for (let at = 0; at < 40; at++) {
      const roomId = roomIds[at % 7 === 0 ? 0 : at % 5 === 0 ? 1 : 2] as RoomId
      if (at % 3 === 0) await say(fixture, roomId, alice, 'other')
      expected.unshift(await say(fixture, roomId, alice, 'hello'))
    }
    await indexNewEvents(db, 100)
    const limits = { scanned: 6, scannedAtLeast: 3, roomsAtOnce: 2, window: 7, matches: 4 }
    const search = {
      userId: alice,
      words: ['hello'],
      filter: NO_ROOM_EVENT_FILTER,
      types: ['m.room.message'],
    }
    for (const sorted of [8, 1000]) {
      const found: string[] = []
      let below: number | undefined = Number.MAX_SAFE_INTEGER
      while (below !== undefined) {
        const page: Found = await findMatches(db, { ...search, ignored: [], below }, { ...limits, sorted })
        assert.ok(page.matches.length <= 4)
        found.push(...page.matches.map((match) => match.event_id))
        below = page.end
      }
      assert.deepEqual(found, expected)
    }
  })

  test('continues at the newest indexed event, whatever its words, where PostgreSQL does not sort', async (t) => {
    const db = await open(t)
    const fixture = await createRoomsFixture(db)
    const roomId = await publicRoom(fixture)
    await say(fixture, roomId, alice, 'hello')
    const others = await createRoom(fixture, bob, { preset: 'public_chat' })
    const search = {
      userId: alice,
      words: ['hello'],
      filter: NO_ROOM_EVENT_FILTER,
      types: ['m.room.message'],
    }
    const limits = { scanned: 6, scannedAtLeast: 3, roomsAtOnce: 2, window: 7, matches: 4, sorted: -1 }
    for (const text of ['hello', 'other']) {
      await say(fixture, others, bob, text)
      await indexNewEvents(db, 100)
      const below = Number.MAX_SAFE_INTEGER
      const { matches, top } = await findMatches(db, { ...search, ignored: [], below }, limits)
      assert.deepEqual([matches.length, top], [1, await currentPosition(db)], text)
    }
  })

  test('passes over windows of events without the words, where PostgreSQL does not sort', async (t) => {
    const db = await open(t)
    const fixture = await createRoomsFixture(db)
    const roomId = await publicRoom(fixture)
    const only = await say(fixture, roomId, alice, 'hello')
    for (let at = 0; at < 30; at++) await say(fixture, roomId, alice, 'other')
    await indexNewEvents(db, 100)
    const search = {
      userId: alice,
      words: ['hello'],
      filter: NO_ROOM_EVENT_FILTER,
      types: ['m.room.message'],
      ignored: [],
      isCommon: true,
    }
    const limits = { scanned: 6, scannedAtLeast: 3, roomsAtOnce: 2, window: 7, matches: 4, sorted: -1 }
    const first = await findMatches(db, { ...search, below: Number.MAX_SAFE_INTEGER }, limits)
    assert.deepEqual(first.matches, [])
    const second = await findMatches(db, { ...search, below: first.end ?? 0 }, limits)
    assert.deepEqual(
      second.matches.map((match) => match.event_id),
      [only],
    )
    const last = await findMatches(db, { ...search, below: second.end ?? 0 }, limits)
    assert.deepEqual([last.matches, last.end], [[], undefined])
  })

  test('has no empty page before a result, also for a word that is in more events than PostgreSQL sorts', async (t) => {
    const db = await open(t)
    const fixture = await createRoomsFixture(db)
    const roomId = await publicRoom(fixture)
    const ids = [await say(fixture, roomId, alice, 'hello'), await say(fixture, roomId, alice, 'hello')]
    await indexNewEvents(db, 100)
    // Of events that were removed since.
    await db.transaction(async (tx) => {
      tx.write(insertRemoved, { count: 30_001, words: ['hello', roomWord(roomId)] })
      tx.write(insertRemovedEntries, { count: 30_001 })
    })
    for (const order of ORDERS) {
      const pages = await pagesOf(db, readerOf(alice), { ...REQUEST, order, limit: 1 })
      assert.deepEqual(pages.map(idsOf), [[ids[1]], [ids[0]]], order)
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
