import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { UserId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { createRoom } from '../../src/rooms/create-room.ts'
import { creatorsOf, storedCreators } from '../../src/rooms/creators.ts'
import { loadPokedEvents } from '../../src/rooms/poke-event.ts'
import { levelOf } from '../../src/rooms/power-levels.ts'
import { ROOM_VERSIONS, storedVersion } from '../../src/rooms/room-versions.ts'
import { viewRoom } from '../../src/rooms/room-view.ts'
import { onEachDatabase } from '../support/databases.ts'
import { alice, bob, carol, eventsOf, createRoomsFixture } from './fixture.ts'

type Case = { title: string; version: string; content: JsonObject; expected: UserId[] }

/** The content of `m.room.create` that alice sends, and the expected creators. */
const cases: Case[] = [
  { title: 'the creator is the sender', version: '10', content: { creator: alice }, expected: [alice] },
  {
    title: 'additional_creators is ignored',
    version: '10',
    content: { creator: alice, additional_creators: [bob] },
    expected: [alice],
  },
  { title: 'the sender is the creator', version: '11', content: {}, expected: [alice] },
  { title: 'content.creator is ignored', version: '11', content: { creator: bob }, expected: [alice] },
  {
    title: 'additional_creators is ignored',
    version: '11',
    content: { additional_creators: [bob] },
    expected: [alice],
  },
  {
    title: 'the sender is the only creator without additional_creators',
    version: '12',
    content: {},
    expected: [alice],
  },
  { title: 'content.creator is ignored', version: '12', content: { creator: bob }, expected: [alice] },
  {
    title: 'the sender precedes the additional creators',
    version: '12',
    content: { additional_creators: [carol, bob] },
    expected: [alice, carol, bob],
  },
  {
    title: 'a repeated creator is listed once',
    version: '12',
    content: { additional_creators: [bob, alice, bob] },
    expected: [alice, bob],
  },
  {
    title: 'an empty list adds no creator',
    version: '12',
    content: { additional_creators: [] },
    expected: [alice],
  },
  {
    title: 'a value that is not a list is ignored',
    version: '12',
    content: { additional_creators: 'bob' },
    expected: [alice],
  },
  {
    title: 'entries that are not strings are ignored',
    version: '12',
    content: { additional_creators: [7, null, bob] },
    expected: [alice, bob],
  },
]

describe('the creators of a room', () => {
  for (const { title, version, content, expected } of cases)
    test(`room version ${version}: ${title}`, () => {
      assert.deepEqual(creatorsOf(storedVersion(version), { sender: alice, content }), expected)
      const row = { version, creator: alice, create_content: JSON.stringify(content) }
      assert.deepEqual(storedCreators(row), expected)
    })

  test('the cases cover each room version of this server', () =>
    assert.deepEqual([...new Set(cases.map(({ version }) => version))], [...ROOM_VERSIONS.keys()]))

  for (const version of ROOM_VERSIONS.keys())
    test(`room version ${version}: a room whose create event is not yet stored has one creator`, () =>
      assert.deepEqual(storedCreators({ version, creator: alice, create_content: null }), [alice]))

  for (const version of ['10', '11'])
    test(`room version ${version}: the content of the create event is not parsed`, () =>
      assert.deepEqual(storedCreators({ version, creator: alice, create_content: '{' }), [alice]))
})

onEachDatabase('the creators of a room in the database', (open) => {
  for (const version of ROOM_VERSIONS.keys())
    test(`room version ${version}: authorisation and pokes have the same creators`, async (t) => {
      const fixture = await createRoomsFixture(await open(t))
      const roomId = await createRoom(fixture, alice, {
        room_version: version,
        creation_content: { creator: carol, additional_creators: [bob] },
      })
      const expected = version === '12' ? [alice, bob] : [alice]
      const room = await viewRoom(fixture.db, { roomId, sender: alice, type: 'm.room.message' })
      assert.ok(room)
      assert.deepEqual(room.creators, expected)
      assert.equal(room.creator, alice)
      const levels = version === '12' ? [Infinity, Infinity, 0] : [100, 0, 0]
      assert.deepEqual(
        [alice, bob, carol].map((userId) => levelOf(room, userId)),
        levels,
      )
      const positions = (await fixture.db.all(eventsOf, { roomId })).map((row) => row.position)
      const poked = await loadPokedEvents(fixture.db, positions)
      assert.equal(poked.size, positions.length)
      for (const { context } of poked.values())
        assert.deepEqual([context.creators, context.roomVersion], [expected, version])
    })
})
