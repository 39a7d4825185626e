import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId, RoomId } from '../../src/lib/ids.ts'
import type { Event } from '../../src/lib/matrix-event.ts'
import { childrenInOrder, type HierarchyRequest, readHierarchy } from '../../src/rooms/hierarchy.ts'
import { openTestSqlite } from '../support/databases.ts'
import { alice, createRoomsFixture, publicRoom, type RoomsFixture, setState } from './fixture.ts'

const child = (fixture: RoomsFixture, space: RoomId, room: string) =>
  setState(fixture, space, alice, { type: 'm.space.child', stateKey: room, content: { via: ['here'] } })

const spaceRoom = (fixture: RoomsFixture) => publicRoom(fixture, { creation_content: { type: 'm.space' } })

const request = (roomId: RoomId, more: Partial<HierarchyRequest> = {}): HierarchyRequest => ({
  userId: alice,
  roomId,
  limit: 50,
  maxDepth: undefined,
  suggestedOnly: undefined,
  from: undefined,
  pageBytes: 1_000_000,
  ...more,
})

test('the hierarchy of a space ends at the limits of levels, rooms and spaces, and a page at its bytes', async (t) => {
  const fixture = await createRoomsFixture(await openTestSqlite(t))
  const chain: RoomId[] = []
  for (let level = 0; level < 23; level++) chain.push(await spaceRoom(fixture))
  for (const [level, space] of chain.entries()) {
    const next = chain[level + 1]
    if (next) await child(fixture, space, next)
  }
  const [root] = chain
  assert.ok(root)
  const read = (more: Partial<HierarchyRequest> = {}) => readHierarchy(fixture.db, request(root, more))
  const deep = await read({ maxDepth: 1000 })
  assert.equal(deep.rooms.length, 21, 'the space and 20 levels')
  assert.equal(deep.nextBatch, undefined)

  const small = await read({ pageBytes: 1 })
  assert.equal(small.rooms.length, 1, 'a page has at least one room')
  const second = await read({ pageBytes: 1, from: small.nextBatch })
  assert.deepEqual(
    second.rooms.map((room) => room.room_id),
    [chain[1]],
  )

  const wide = await spaceRoom(fixture)
  for (let at = 0; at < 210; at++) {
    const inner = await spaceRoom(fixture)
    await child(fixture, wide, inner)
    await child(fixture, inner, `!leaf${at}:here`)
  }
  let entries = 0
  let from: string | undefined
  do {
    const page = await readHierarchy(fixture.db, request(wide, { from }))
    entries += page.rooms.length
    from = page.nextBatch
  } while (from !== undefined)
  assert.equal(entries, 211, 'all spaces are listed')
  // The space, 210 spaces in it, and the rooms of 199 of these: 200 spaces are read.
  const nextOf = async (from: string) =>
    (await readHierarchy(fixture.db, request(wide, { limit: 1, from }))).nextBatch
  assert.deepEqual([await nextOf('h408_20_a'), await nextOf('h409_20_a')], ['h409_20_a', undefined])
  const beyond = await readHierarchy(fixture.db, request(wide, { from: 'h6000_20_a' }))
  assert.deepEqual([beyond.rooms, beyond.nextBatch], [[], undefined])
})

test('the hierarchy reads no further space after 8 MiB of child events, and a page ends at the bytes of its child events', async (t) => {
  const fixture = await createRoomsFixture(await openTestSqlite(t))
  const root = await spaceRoom(fixture)
  const content = { via: [], padding: 'x'.repeat(60 * 1024) }
  for (let at = 0; at < 4; at++) {
    const inner = await spaceRoom(fixture)
    await child(fixture, root, inner)
    await child(fixture, inner, `!leaf${at}:here`)
    for (let unlinked = 0; unlinked < 64; unlinked++)
      await setState(fixture, inner, alice, {
        type: 'm.space.child',
        stateKey: `!u${unlinked}:here`,
        content,
      })
  }
  const first = await readHierarchy(fixture.db, request(root))
  assert.deepEqual([first.rooms.map((room) => room.room_id), first.nextBatch], [[root], 'h1_20_a'])
  // The space, four spaces in it, and the rooms of three of these: each has 3.75 MiB of child events.
  const nextOf = async (from: string) =>
    (await readHierarchy(fixture.db, request(root, { limit: 1, from }))).nextBatch
  assert.deepEqual([await nextOf('h6_20_a'), await nextOf('h7_20_a')], ['h7_20_a', undefined])
})

test('children are ordered by valid order, then by time, then by room id, as in the specification', () => {
  const event = (stateKey: string, originServerTs: number, content: object): Event =>
    ({
      type: 'm.space.child',
      stateKey,
      originServerTs,
      content: { via: ['example.org'], ...content },
      eventId: '$e' as EventId,
    }) as unknown as Event
  const events = [
    event('!b:example.org', 1_640_341_000_000, { order: ' ' }),
    event('!a:example.org', 1_640_141_000_000, { order: 'aaaa' }),
    event('!c:example.org', 1_640_841_000_000, { order: 'first' }),
    event('!e:example.org', 1_640_641_000_000, {}),
    event('!d:example.org', 1_640_741_000_000, {}),
  ]
  const more = [
    event('!h:example.org', 1_640_741_000_001, { order: 'ü' }),
    event('!g:example.org', 1_640_741_000_001, { order: 'x'.repeat(51) }),
    event('!f:example.org', 1_640_741_000_002, { order: 7 }),
    event('!i:example.org', 1, { via: [] }),
    event('!j:example.org', 1, { via: 'example.org' }),
    event('no room id', 1, {}),
  ]
  const order = childrenInOrder([...more, ...events.toReversed()], false).map(({ stateKey }) => stateKey?.[1])
  assert.deepEqual(order, ['b', 'a', 'c', 'e', 'd', 'g', 'h', 'f'])
})
