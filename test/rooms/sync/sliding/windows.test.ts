import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RoomId } from '../../../../src/lib/ids.ts'
import type { ListedRoom } from '../../../../src/rooms/room-summaries-store.ts'
import type { ListRequest } from '../../../../src/rooms/sync/sliding/request.ts'
import { roomMap } from '../../../../src/rooms/sync/sliding/room-map.ts'
import { createWindowCache } from '../../../../src/rooms/sync/sliding/window-cache.ts'
import { windowsOf } from '../../../../src/rooms/sync/sliding/windows.ts'
import { user } from '../../sync-fixture.ts'

const facts = { isDm: () => false, tags: new Map(), children: new Map() }

function roomsInOrder(...names: string[]) {
  const rooms = names.map((name, at): ListedRoom => ({
    roomId: `!${name}` as RoomId,
    membership: 'join',
    memberPosition: 1,
    lastPosition: 100 - at,
    bumpPosition: 100 - at,
    joinedCount: 2,
    invitedCount: 0,
    version: '11',
    roomType: null,
    isEncrypted: false,
    name,
    canonicalAlias: null,
    avatarUrl: null,
  }))
  return roomMap(rooms, [100])
}

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
  const before = windowsOf(request, roomsInOrder('a', 'b', 'c'), { facts })

  test('are those before, if each room is in the same lists', () => {
    assert.equal(windowsOf(request, roomsInOrder('a', 'b', 'c'), { facts, before }), before)
    const single = requestOf({ first: list([0, 1]) })
    const ofSingle = windowsOf(single, roomsInOrder('a', 'b', 'c'), { facts })
    const reordered = windowsOf(single, roomsInOrder('b', 'a', 'c'), { facts, before: ofSingle })
    assert.equal(reordered, ofSingle)
  })

  test('are new, if a room moves into a window, out of it, or between lists', () => {
    const moved = windowsOf(request, roomsInOrder('a', 'c', 'b'), { facts, before })
    assert.deepEqual([...moved.configs.keys()], ['!a', '!c'])
    const swapped = windowsOf(request, roomsInOrder('b', 'a', 'c'), { facts, before })
    assert.deepEqual(
      [...swapped.configs].map(([roomId, { lists }]) => [roomId, lists]),
      [
        ['!b', ['first', 'second']],
        ['!a', ['first']],
      ],
    )
  })
})

describe('the cache of windows', () => {
  const request = requestOf({ first: list([0, 0]) })
  const [shape, rooms, asked] = [{}, roomsInOrder('a', 'b'), 'asked']
  const key = { shape, rooms, asked }

  test('finds windows that depend on the order for the same rooms only', () => {
    const cache = createWindowCache()
    const windows = windowsOf(request, rooms, { facts })
    cache.keep(key, windows)
    assert.equal(cache.find(key), windows)
    const reordered = { ...key, rooms: roomsInOrder('b', 'a') }
    assert.equal(cache.find(reordered), undefined)
    assert.equal(cache.findInOtherOrder(reordered), windows)
    assert.equal(cache.findInOtherOrder({ ...key, asked: 'other' }), undefined)
    assert.equal(cache.findInOtherOrder({ ...key, shape: {} }), undefined)
  })

  test('finds windows that contain all rooms for any order', () => {
    const cache = createWindowCache()
    const windows = windowsOf(requestOf({ first: list([0, 9]) }), rooms, { facts })
    cache.keep(key, windows)
    assert.equal(cache.find({ ...key, rooms: roomsInOrder('b', 'a') }), windows)
  })
})
