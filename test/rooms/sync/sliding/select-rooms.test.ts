import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RoomId } from '../../../../src/lib/ids.ts'
import { covers, START } from '../../../../src/storage/stream-point.ts'
import type { ListedRoom } from '../../../../src/rooms/room-summaries-store.ts'
import type { ConnectionState, SentRoom } from '../../../../src/rooms/sync/sliding/connection-state.ts'
import type {
  ExtensionRequests,
  ListFilters,
  RoomConfig,
} from '../../../../src/rooms/sync/sliding/request.ts'
import { type SelectRequest, selectRooms as select } from '../../../../src/rooms/sync/sliding/select-rooms.ts'
import { roomMap } from '../../../../src/rooms/sync/sliding/room-map.ts'
import { windowsOf } from '../../../../src/rooms/sync/sliding/windows.ts'
import { user } from '../../sync-fixture.ts'

const roomId = (name: string) => `!${name}` as RoomId

function room(name: string, lastPosition: number, more: Partial<ListedRoom> = {}): ListedRoom {
  return {
    roomId: roomId(name),
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
    ...more,
  }
}

const config = (timelineLimit: number, ...types: string[]): RoomConfig => ({
  timelineLimit,
  requiredState: {
    include: types.map((type) => ({ type, stateKey: '' })),
    exclude: [],
    lazyMembers: false,
  },
})

type Given = {
  rooms: ListedRoom[]
  ranges?: readonly (readonly [number, number])[] | undefined
  filters?: ListFilters
  list?: RoomConfig | null
  subscriptions?: Record<string, RoomConfig>
  extensions?: ExtensionRequests
} & Partial<Omit<SelectRequest, 'windows' | 'rooms'>>

const FACTS = { isDm: () => false, tags: new Map(), children: new Map() }

function selectRooms(given: Given) {
  const {
    rooms,
    ranges,
    filters = {},
    list = config(1),
    subscriptions = {},
    extensions = {},
    ...more
  } = given
  const subscribed = new Map(Object.entries(subscriptions).map(([name, of]) => [roomId(name), of]))
  const lists = new Map(list ? [['all', { ...list, ranges, filters }]] : [])
  const windows = windowsOf(
    { viewer: { userId: user('alice') }, lists, subscriptions: subscribed, extensions },
    roomMap(rooms, START),
    { facts: FACTS, position: START },
  )
  const request: SelectRequest = {
    rooms: roomMap(rooms, START),
    isSettled: false,
    left: [],
    known: new Map(),
    since: START,
    isDm: () => false,
    changed: rooms.filter((one) => !covers(given.since ?? START, one.lastPosition)).map((one) => one.roomId),
    counted: new Set(),
    typed: new Set(),
    switchedOff: 0,
    maxRooms: 100,
    windows,
    ...more,
  }
  const selection = select(request)
  return { ...selection, names: selection.rooms.map(({ room: of }) => of.roomId.slice(1)), windows }
}

const PLAIN = '[[[],[],0]]'
const sent = (more: Partial<SentRoom> = {}): SentRoom => ({
  limit: 1,
  state: PLAIN,
  isDm: false,
  extensions: 0,
  upTo: undefined,
  ...more,
})
const known = (of: Record<string, SentRoom>): ConnectionState =>
  new Map(Object.entries(of).map(([name, one]) => [roomId(name), one]))

describe('the rooms of a response', () => {
  test('are all rooms in the range on a new connection, with the number of all', () => {
    const rooms = [room('a', 9), room('b', 8), room('c', 7)]
    const { names, windows, state } = selectRooms({ rooms, ranges: [[0, 1]] })
    assert.deepEqual(names, ['a', 'b'])
    assert.equal(windows.counts['all']?.count, 3)
    assert.deepEqual(
      [...state],
      [
        [roomId('a'), sent()],
        [roomId('b'), sent()],
      ],
    )
  })

  test('are only those with events after the last response, and the state of the connection stays the same object', () => {
    const before = known({ a: sent(), b: sent() })
    const rooms = [room('b', 12), room('a', 9)]
    const { names, state, rooms: selected } = selectRooms({ rooms, known: before, since: [10] })
    assert.deepEqual(names, ['b'])
    assert.deepEqual(selected[0]?.after, [10])
    assert.equal(state, before)
  })

  test('leave out a room outside the range, and later continue where it was left out', () => {
    const before = known({ a: sent(), b: sent() })
    const first = selectRooms({
      rooms: [room('b', 13), room('a', 12)],
      ranges: [[0, 0]],
      known: before,
      since: [10],
    })
    assert.deepEqual(first.names, ['b'])
    assert.deepEqual(first.state.get(roomId('a')), sent({ upTo: [10] }))
    const second = selectRooms({ rooms: [room('b', 13), room('a', 12)], known: first.state, since: [20] })
    assert.deepEqual(second.names, ['a'])
    assert.deepEqual(second.rooms[0]?.after, [10])
    assert.deepEqual(second.state.get(roomId('a')), sent())
  })

  test('have one config with the larger timeline and the state of all rules that match', () => {
    const { rooms: selected } = selectRooms({
      rooms: [room('a', 9)],
      list: config(1, 'm.room.name'),
      subscriptions: { a: config(20, 'm.room.topic') },
    })
    const [one] = selected
    assert.equal(one?.config.limit, 20)
    assert.equal(one?.config.filter.length, 2)
    assert.deepEqual(one?.config.lists, ['all'])
  })

  test('contain a room whose timeline or state grows, and not one whose config shrinks', () => {
    const rooms = [room('a', 5)]
    const before = known({ a: sent() })
    const grown = selectRooms({ rooms, list: config(20, 'm.room.name'), known: before, since: [10] })
    assert.deepEqual(grown.names, ['a'])
    const [one] = grown.rooms
    assert.deepEqual([one?.growsTimeline, one?.stateBefore?.length, one?.hasEvents], [true, 1, false])
    const shrunk = selectRooms({ rooms, list: config(1), known: grown.state, since: [10] })
    assert.deepEqual(shrunk.names, [])
    // The client still has the larger timeline and state.
    assert.equal(shrunk.state, grown.state)
    const again = selectRooms({ rooms, list: config(20, 'm.room.name'), known: shrunk.state, since: [10] })
    assert.deepEqual(again.names, [])
    // An event that was sent with the smaller config ends that.
    const later = selectRooms({ rooms: [room('a', 15)], list: config(1), known: shrunk.state, since: [10] })
    assert.deepEqual(later.state.get(roomId('a')), sent())
  })

  test('contain a room that the user left, and the connection forgets it', () => {
    const left = [room('a', 15, { membership: 'leave', memberPosition: 15 })]
    const before = known({ a: sent(), b: sent() })
    const { names, state, rooms } = selectRooms({ rooms: [room('b', 5)], left, known: before, since: [10] })
    assert.deepEqual(names, ['a'])
    assert.deepEqual(rooms[0]?.after, [10])
    assert.deepEqual([...state.keys()], [roomId('b')])
    const unknown = selectRooms({ rooms: [room('b', 5)], left, known: known({ b: sent() }), since: [10] })
    assert.deepEqual(unknown.names, [])
  })

  test('contain a room that became a direct room, and one whose counts may have changed', () => {
    const rooms = [room('a', 5), room('b', 4), room('c', 3)]
    const before = known({ a: sent(), b: sent(), c: sent() })
    const found = selectRooms({
      rooms,
      known: before,
      since: [10],
      isDm: (id) => id === roomId('b'),
      counted: new Set([roomId('c')]),
    })
    assert.deepEqual(found.names, ['b', 'c'])
    assert.deepEqual(
      found.rooms.map(({ isDm, isDmNew }) => [isDm, isDmNew]),
      [
        [true, true],
        [false, false],
      ],
    )
  })

  test('are limited in number: rooms outside the windows are forgotten for new ones', () => {
    const rooms = ['a', 'b', 'c', 'd'].map((name, at) => room(name, 9 - at))
    const full = selectRooms({ rooms, maxRooms: 2 })
    assert.deepEqual(full.names, ['a', 'b'])
    const moved = selectRooms({ rooms, ranges: [[2, 3]], known: full.state, since: [10], maxRooms: 2 })
    assert.deepEqual(moved.names, ['c', 'd'])
    assert.equal(moved.state.size, 2)
  })

  test('are the same when only the changed rooms of settled windows are looked at', () => {
    const before = known({ a: sent(), b: sent(), c: sent() })
    const rooms = [room('b', 12), room('a', 9), room('c', 8)]
    const counted = new Set([roomId('c')])
    for (const isSettled of [false, true]) {
      const found = selectRooms({ rooms, known: before, since: [10], counted, isSettled })
      assert.deepEqual(found.names, ['b', 'c'])
      assert.equal(found.state, before)
      assert.equal(found.isSettled, true)
    }
  })

  test('cost one comparison of state filters for all rooms with the same two filters', (t) => {
    const names = Array.from({ length: 50 }, (_, at) => `r${at}`)
    const rooms = names.map((name, at) => room(name, 9 - at / 100))
    const state = '[[[["m.room.topic",""]],[],0]]'
    const before = known(Object.fromEntries(names.map((name) => [name, sent({ state })])))
    const parse = t.mock.method(JSON, 'parse')
    const found = selectRooms({ rooms, list: config(1, 'm.room.name'), known: before, since: [10] })
    assert.equal(parse.mock.calls.length, 1)
    assert.equal(found.rooms.length, 50)
    assert.ok(found.rooms.every(({ stateBefore }) => stateBefore?.[0]?.include[0]?.type === 'm.room.topic'))
  })

  test('cost one parsed state filter for all rooms that the user left', (t) => {
    const names = Array.from({ length: 50 }, (_, at) => `r${at}`)
    const left = names.map((name) => room(name, 15, { membership: 'leave', memberPosition: 15 }))
    const before = known(Object.fromEntries(names.map((name) => [name, sent()])))
    const parse = t.mock.method(JSON, 'parse')
    const found = selectRooms({ rooms: [], left, known: before, since: [10] })
    assert.equal(parse.mock.calls.length, 1)
    assert.equal(found.rooms.length, 50)
  })

  test('have each list once, although its ranges overlap', () => {
    const { rooms } = selectRooms({
      rooms: [room('a', 9)],
      ranges: [
        [0, 5],
        [0, 9],
      ],
    })
    assert.deepEqual(rooms[0]?.config.lists, ['all'])
  })
})
