import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId } from '../../src/lib/ids.ts'
import { listPublicRooms } from '../../src/rooms/public-rooms.ts'
import { insertRoom } from '../../src/rooms/room-store.ts'
import { query } from '../../src/storage/query.ts'
import { onEachDatabase } from '../support/databases.ts'
import { alice } from './fixture.ts'

const nameRoom = query<{ roomId: RoomId; name: string; members: number }>()((db, p) =>
  db.updateTable('rooms').set({ name: p.name, joined_count: p.members }).where('room_id', '=', p.roomId),
)

onEachDatabase('the public room list', (open) => {
  test('a search that matches few rooms reads a bounded number of them for each page', async (t) => {
    const db = await open(t)
    await db.transaction(async (tx) => {
      for (let at = 0; at < 2300; at++) {
        const roomId = `!${String(at).padStart(5, '0')}:here` as RoomId
        tx.write(insertRoom, { roomId, version: '12', creator: alice, createdAt: 0, isPublic: 1 })
        const name = at === 10 || at === 2200 ? 'needle' : 'hay'
        tx.write(nameRoom, { roomId, name, members: 1 + (at % 3) })
      }
    })
    const found: string[] = []
    let since: string | undefined
    let pages = 0
    do {
      const page = await listPublicRooms(db, { limit: 10, since, term: 'needle' })
      found.push(...page.chunk.map((room) => room.room_id))
      since = page.next_batch
      pages++
      assert.equal(page.total_room_count_estimate, 2300)
    } while (since !== undefined)
    assert.equal(pages, 2)
    assert.deepEqual(found.toSorted(), ['!00010:here', '!02200:here'])

    const all = new Set<string>()
    do {
      const page = await listPublicRooms(db, { limit: 100, since })
      for (const room of page.chunk) all.add(room.room_id)
      since = page.next_batch
    } while (since !== undefined)
    assert.equal(all.size, 2300)
  })
})
