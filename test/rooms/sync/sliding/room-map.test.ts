import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RoomId } from '../../../../src/lib/ids.ts'
import type { ListedRoom } from '../../../../src/rooms/room-summaries-store.ts'
import { roomMap } from '../../../../src/rooms/sync/sliding/room-map.ts'

const idOf = (at: number) => `!${at}` as RoomId
const roomAt = (at: number, lastPosition: number) =>
  ({ roomId: idOf(at), lastPosition }) as unknown as ListedRoom

test('a map with changes has the same rooms as a plain map, and the earlier map is unchanged', () => {
  const changes = fc.array(fc.tuple(fc.nat(150), fc.boolean()), { maxLength: 300 })
  fc.assert(
    fc.property(changes, (list) => {
      const plain = new Map<RoomId, ListedRoom>()
      for (let at = 0; at < 20; at++) plain.set(idOf(at), roomAt(at, at))
      let rooms = roomMap(plain.values(), [20])
      for (const [at, [number, isSet]] of list.entries()) {
        const [before, size, position] = [rooms, rooms.size, 21 + at]
        const room = isSet ? roomAt(number, position) : undefined
        rooms = rooms.with(new Map([[idOf(number), room]]), [position])
        if (room) plain.set(room.roomId, room)
        else plain.delete(idOf(number))
        assert.equal([...before.values()].length, size)
        assert.equal(rooms.size, plain.size)
        assert.equal(rooms.get(idOf(number)), room)
      }
      const positions = [...rooms.ordered()].map(({ lastPosition }) => lastPosition)
      assert.deepEqual(
        positions,
        [...plain.values()].map(({ lastPosition }) => lastPosition).sort((a, b) => b - a),
      )
      const ids = (of: Iterable<ListedRoom>) => [...of].map(({ roomId }) => roomId).sort()
      assert.deepEqual(ids(rooms.values()), ids(plain.values()))
      for (const since of [5, 20, 21 + list.length / 2, 1000]) {
        const active = [...plain.values()].filter(({ lastPosition }) => lastPosition > since)
        assert.deepEqual(ids(rooms.activeAfter([since])), ids(active))
      }
    }),
  )
})
