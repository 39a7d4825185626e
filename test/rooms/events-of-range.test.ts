import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { EventId, RoomId, UserId } from '../../src/lib/ids.ts'
import type { EventRow } from '../../src/rooms/event-row.ts'
import { eventsOfRange } from '../../src/rooms/events-of-range.ts'

const [room, other] = ['!room:localhost' as RoomId, '!other:localhost' as RoomId]
const [alice, bob] = ['@alice:localhost' as UserId, '@bob:localhost' as UserId]

function row(position: number, more: Partial<EventRow> = {}): EventRow {
  return {
    position,
    event_id: `$${position}` as EventId,
    room_id: room,
    type: 'm.room.message',
    state_key: null,
    sender: alice,
    origin_server_ts: 0,
    content: '{}',
    thread_id: 'main',
    replaces_event_id: null,
    redacts: null,
    redacted_by: null,
    sender_device: null,
    txn_id: null,
    ...more,
  }
}
const member = (position: number, user: UserId) =>
  row(position, { type: 'm.room.member', state_key: user, sender: user })

describe('the events of a range that were read already', () => {
  const rows = [member(3, alice), row(11), row(12, { room_id: other }), row(14), member(15, bob)]
  const known = eventsOfRange(rows, { since: [10], position: [16] })
  const latest = (from: number, to: number, limit = 10) =>
    known.latest([{ roomId: room, from, to, limit }])?.map((found) => found.map(({ position }) => position))
  const members = (position: number, ...userIds: UserId[]) =>
    known.members([{ roomId: room, position, userIds }])?.map((found) => found.position)

  test('are the latest of a room, up to the limit, without the earlier member events of their senders', () => {
    assert.deepEqual(latest(11, 16), [[15, 14, 11]])
    assert.deepEqual(latest(11, 16, 2), [[15, 14]])
    assert.deepEqual(latest(12, 14), [[14]])
  })

  test('are none of a room without events in the range', () => {
    const quiet = { roomId: '!quiet:localhost' as RoomId, from: 11, to: 16, limit: 1 }
    assert.deepEqual(known.latest([quiet]), [[]])
  })

  test('are not enough for a range that begins before it or ends after it', () => {
    assert.equal(latest(10, 16), undefined)
    assert.equal(latest(11, 17), undefined)
    const ranges = [11, 10].map((from) => ({ roomId: room, from, to: 16, limit: 1 }))
    assert.equal(known.latest(ranges), undefined)
  })

  test('have the last member event of each sender and of each user whose membership changed', () => {
    assert.deepEqual(members(16, alice, bob), [3, 15])
    assert.deepEqual(members(16), [])
  })

  test('are not enough for the member event of another user, or at another position', () => {
    assert.equal(members(16, alice, '@carol:localhost' as UserId), undefined)
    assert.equal(members(14, alice), undefined)
  })

  test('belong to the range of their shard', () => {
    const sharded = eventsOfRange([row(20), row(22)], { since: [18, 17], position: [22, 19] })
    const of = (from: number, to: number) =>
      sharded.latest([{ roomId: room, from, to, limit: 5 }])?.[0]?.length
    assert.equal(of(19, 22), 2)
    assert.equal(of(17, 22), undefined)
    assert.equal(of(18, 19), 0)
    assert.equal(of(18, 21), undefined)
  })
})
