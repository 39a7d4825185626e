import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createLocalBus } from '../../src/cluster/bus.ts'
import type { RoomId } from '../../src/lib/ids.ts'
import { createTyping, MAX_TYPING_MS } from '../../src/rooms/typing.ts'
import { manualClock, user } from './sync-fixture.ts'

const room = '!r:localhost' as RoomId
const other = '!other:localhost' as RoomId
const alice = user('alice')
const bob = user('bob')

function open() {
  const clock = manualClock()
  const bus = createLocalBus()
  const typing = createTyping({ clock, bus })
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
    const again = createTyping({ clock, bus: createLocalBus() })
    assert.ok(again.serial() > before)
  })
})
