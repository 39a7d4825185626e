import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Bus, createLocalBus } from '../../src/cluster/bus.ts'
import { type RoomId, systemRandom } from '../../src/lib/ids.ts'
import { createTyping, MAX_TYPING_MS } from '../../src/rooms/typing.ts'
import { manualClock, user } from './sync-fixture.ts'

const room = '!r:localhost' as RoomId
const other = '!other:localhost' as RoomId
const alice = user('alice')
const bob = user('bob')

function open() {
  const clock = manualClock()
  const bus = createLocalBus()
  const typing = createTyping({ clock, bus, random: systemRandom })
  let woken = 0
  bus.subscribe([`room:${room}`], () => woken++)
  return { clock, typing, woken: () => woken }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('typing', () => {
  test('wakes the room when typing starts and stops, and not when it is renewed', () => {
    const { typing, woken } = open()
    const before = typing.serial()
    typing.start(room, alice, 1000)
    assert.deepEqual(typing.usersIn(room), [alice])
    assert.deepEqual(typing.changedSince(before), [room])
    const after = typing.serial()
    assert.ok(after > before)
    typing.start(room, alice, 1000)
    assert.equal(typing.serial(), after)
    assert.deepEqual(typing.changedSince(after), [])
    typing.stop(room, alice)
    assert.deepEqual(typing.usersIn(room), [])
    assert.deepEqual(typing.changedSince(after), [room])
    typing.stop(room, alice)
    typing.stop(other, alice)
    assert.equal(woken(), 2)
  })

  test('ends after its time-out unless it is renewed', async () => {
    const { clock, typing, woken } = open()
    typing.start(room, alice, 1000)
    typing.start(room, bob, 5000)
    clock.advance(900)
    typing.start(room, alice, 1000)
    clock.advance(900)
    await turn()
    assert.deepEqual(typing.usersIn(room), [alice, bob])
    clock.advance(100)
    await turn()
    assert.deepEqual(typing.usersIn(room), [bob])
    assert.equal(woken(), 3)
    clock.advance(MAX_TYPING_MS)
    await turn()
    assert.equal(clock.sleepers(), 0)
  })

  test('ends after the maximum time at the latest', async () => {
    const { clock, typing } = open()
    typing.start(room, alice, Number.MAX_SAFE_INTEGER)
    clock.advance(MAX_TYPING_MS)
    await turn()
    assert.deepEqual(typing.usersIn(room), [])
  })

  test('leaves no timer after disposal', () => {
    const { clock, typing } = open()
    typing.start(room, alice, 1000)
    typing.start(room, bob, 1000)
    typing[Symbol.dispose]()
    assert.equal(clock.sleepers(), 0)
  })

  test('serials increase across a restart', () => {
    const { clock, typing } = open()
    typing.start(room, alice, 1000)
    const before = typing.serial()
    clock.advance(10_000)
    const again = createTyping({ clock, bus: createLocalBus(), random: systemRandom })
    assert.ok(again.serial() > before)
  })
})

/** The buses of two processes: each passes its messages on to the other as JSON. */
function joinedBuses(): [Bus, Bus] {
  const [one, two] = [createLocalBus(), createLocalBus()]
  const joined = (own: Bus, other: Bus): Bus => ({
    subscribe: (topics, listener) => own.subscribe(topics, listener),
    publish(topic, message) {
      own.publish(topic, message)
      if (message === undefined) other.publish(topic)
      else other.publish(topic, JSON.parse(JSON.stringify(message)))
    },
  })
  return [joined(one, two), joined(two, one)]
}

function openTwo() {
  const clock = manualClock()
  const buses = joinedBuses()
  const [here, there] = buses.map((bus) => createTyping({ clock, bus, random: systemRandom }))
  assert.ok(here && there)
  const seen: string[] = []
  buses[1].subscribe([`room:${room}`], () => seen.push(there.usersIn(room).join()))
  return { clock, here, there, seen }
}

describe('typing in two processes', () => {
  test('a waiting sync of the other process is woken when typing starts and ends, and finds the list', () => {
    const { here, there, seen } = openTwo()
    here.start(room, alice, 1000)
    assert.deepEqual(there.usersIn(room), [alice])
    here.start(room, alice, 1000)
    here.stop(room, alice)
    assert.deepEqual(seen, [alice, ''])
  })

  test('a serial is valid in the other process: it repeats nothing, and hides no later change', () => {
    const { clock, here, there } = openTwo()
    here.start(room, alice, 1000)
    assert.deepEqual(there.changedSince(here.serial()), [])
    assert.deepEqual(here.changedSince(there.serial()), [])
    const before = here.serial()
    clock.advance(10)
    there.stop(room, alice)
    assert.deepEqual(here.usersIn(room), [])
    assert.deepEqual(here.changedSince(before), [room])
    assert.deepEqual(there.changedSince(before), [room])
    assert.deepEqual(there.changedSince(here.serial()), [])
  })

  test('ends at its time in both, and is renewed by either', async () => {
    const { clock, here, there } = openTwo()
    here.start(room, alice, 1000)
    clock.advance(900)
    there.start(room, alice, 1000)
    clock.advance(900)
    await turn()
    assert.deepEqual(here.usersIn(room), [alice])
    clock.advance(100)
    await turn()
    assert.deepEqual([here.usersIn(room), there.usersIn(room)], [[], []])
  })

  test('ends 2 s after its time when the process where the user types was killed', async () => {
    const { clock, here, there } = openTwo()
    here.start(room, alice, 1000)
    here[Symbol.dispose]()
    clock.advance(1000)
    await turn()
    assert.deepEqual(there.usersIn(room), [alice])
    clock.advance(2000)
    await turn()
    assert.deepEqual(there.usersIn(room), [])
    assert.equal(clock.sleepers(), 0)
  })
})
