import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { RoomId } from '../../../../src/lib/ids.ts'
import type { ListedRoom } from '../../../../src/rooms/room-summaries-store.ts'
import type { ListRequest } from '../../../../src/rooms/sync/sliding/request.ts'
import { roomMap } from '../../../../src/rooms/sync/sliding/room-map.ts'
import { createWindowCache } from '../../../../src/rooms/sync/sliding/window-cache.ts'
import { type Windows, windowsOf } from '../../../../src/rooms/sync/sliding/windows.ts'
import { runs } from '../../../support/property.ts'
import { user } from '../../sync-fixture.ts'

const facts = { isDm: () => false, tags: new Map(), children: new Map() }

const position = [100]

const roomAt = (name: string, lastPosition: number): ListedRoom => ({
  roomId: `!${name}` as RoomId,
  membership: 'join',
  memberPosition: 1,
  lastPosition,
  bumpPosition: lastPosition,
  joinedCount: 2,
  invitedCount: 0,
  version: '11',
  roomType: null,
  isEncrypted: false,
  name,
  canonicalAlias: null,
  avatarUrl: null,
})

const roomsInOrder = (...names: string[]) =>
  roomMap(
    names.map((name, at) => roomAt(name, 100 - at)),
    position,
  )

const list = (...ranges: [number, number][]): ListRequest => ({
  ranges,
  filters: {},
  timelineLimit: 1,
  requiredState: { include: [], exclude: [], lazyMembers: false },
})

const requestOf = (lists: Record<string, ListRequest>) => ({
  viewer: { userId: user('alice') },
  lists: new Map(Object.entries(lists)),
  subscriptions: new Map(),
  extensions: {},
})

describe('the windows of a request for the same rooms in another order', () => {
  const request = requestOf({ first: list([0, 1]), second: list([0, 0]) })
  const windows = windowsOf(request, roomsInOrder('a', 'b', 'c'), { facts, position })
  // All events are later.
  const before = { windows, position: [0] }

  test('are those before, if each room is in the same lists', () => {
    assert.equal(windowsOf(request, roomsInOrder('a', 'b', 'c'), { facts, position, before }), windows)
    const single = requestOf({ first: list([0, 1]) })
    const ofSingle = windowsOf(single, roomsInOrder('a', 'b', 'c'), { facts, position })
    const reordered = windowsOf(single, roomsInOrder('b', 'a', 'c'), {
      facts,
      position,
      before: { windows: ofSingle, position: [0] },
    })
    assert.equal(reordered, ofSingle)
  })

  test('are new, if a room moves into a window, out of it, or between lists', () => {
    const moved = windowsOf(request, roomsInOrder('a', 'c', 'b'), { facts, position, before })
    assert.deepEqual([...moved.configs.keys()], ['!a', '!c'])
    const swapped = windowsOf(request, roomsInOrder('b', 'a', 'c'), { facts, position, before })
    assert.deepEqual(
      [...swapped.configs].map(([roomId, { lists }]) => [roomId, lists]),
      [
        ['!b', ['first', 'second']],
        ['!a', ['first']],
      ],
    )
  })

  test('have the rooms and lists of new windows, after any events', () => {
    const ranges = fc.uniqueArray(fc.nat(4), { minLength: 1, maxLength: 2 })
    const lists = fc.array(ranges, { minLength: 1, maxLength: 2 })
    // The indexes of the rooms that get an event, some of them together.
    const steps = fc.array(fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 2 }), { maxLength: 12 })
    fc.assert(
      fc.property(lists, steps, (ofLists, events) => {
        const asked = requestOf(
          Object.fromEntries(ofLists.map((ends, at) => [`${at}`, list(...ends.map(rangeTo))])),
        )
        let rooms = roomMap(
          [0, 1, 2, 3, 4, 5].map((at) => roomAt(`${at}`, at + 1)),
          [10],
        )
        let last = { windows: windowsOf(asked, rooms, { facts, position: [10] }), position: [10] }
        for (const [step, changed] of events.entries()) {
          const next = [10 * step + 20]
          const moved = changed.map((at) => roomAt(`${at}`, 10 * step + 20 - at))
          rooms = rooms.with(new Map(moved.map((room) => [room.roomId, room])), next)
          last = { windows: windowsOf(asked, rooms, { facts, position: next, before: last }), position: next }
          const fresh = windowsOf(asked, rooms, { facts, position: next })
          assert.deepEqual(listsOf(last.windows), listsOf(fresh))
        }
      }),
      { numRuns: runs(300) },
    )
  })

  test('are not those of a later point', () => {
    const later = { windows, position: [200] }
    const earlier = windowsOf(request, roomsInOrder('c', 'b', 'a'), { facts, position, before: later })
    assert.deepEqual([...earlier.configs.keys()], ['!c', '!b'])
  })
})

/** Some begin after the first room. */
const rangeTo = (end: number): [number, number] => [end === 4 ? 1 : 0, end]

const listsOf = ({ counts, configs }: Windows) => ({
  counts,
  rooms: new Map([...configs].map(([roomId, { lists }]) => [roomId, lists])),
})

describe('the cache of windows', () => {
  const request = requestOf({ first: list([0, 0]) })
  const [shape, rooms, asked] = [{}, roomsInOrder('a', 'b'), 'asked']
  const key = { shape, rooms, asked }

  test('finds windows that depend on the order for the same rooms only', () => {
    const cache = createWindowCache()
    const windows = windowsOf(request, rooms, { facts, position })
    cache.keep(key, { windows, position })
    assert.equal(cache.find(key), windows)
    const reordered = { ...key, rooms: roomsInOrder('b', 'a') }
    assert.equal(cache.find(reordered), undefined)
    assert.deepEqual(cache.findInOtherOrder(reordered), { windows, position })
    assert.equal(cache.findInOtherOrder({ ...key, asked: 'other' }), undefined)
    assert.equal(cache.findInOtherOrder({ ...key, shape: {} }), undefined)
  })

  test('finds windows that contain all rooms for any order', () => {
    const cache = createWindowCache()
    const windows = windowsOf(requestOf({ first: list([0, 9]) }), rooms, { facts, position })
    cache.keep(key, { windows, position })
    assert.equal(cache.find({ ...key, rooms: roomsInOrder('b', 'a') }), windows)
  })
})
