import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { EventId, RoomId } from '../../src/lib/ids.ts'
import { redactEvent } from '../../src/rooms/redact.ts'
import { sendState } from '../../src/rooms/send-event.ts'
import { query } from '../../src/storage/query.ts'
import { onEachDatabase } from '../support/databases.ts'
import { alice, bob, createRoomsFixture, publicRoom } from './fixture.ts'

const storedTotals = query<{ roomId: RoomId }>()((db, p) =>
  db.selectFrom('rooms').select(['state_events', 'state_bytes']).where('room_id', '=', p.roomId),
)

const recountedTotals = query<{ roomId: RoomId }>()((db, p) =>
  db
    .selectFrom('current_state as s')
    .innerJoin('events as e', 'e.position', 's.position')
    .select([
      sql<number>`count(*)`.as('state_events'),
      sql<number>`sum(octet_length(e.content))`.as('state_bytes'),
    ])
    .where('s.room_id', '=', p.roomId)
    .where('s.type', '<>', 'm.room.member'),
)

onEachDatabase('the quota of state', (open) => {
  test('the totals of a room equal its current state after each set, replacement and redaction', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture, { name: 'Größe', topic: 'x', invite: [bob] })
    const set = (type: string, stateKey: string, content: Record<string, string>) =>
      sendState(fixture, { roomId, sender: alice, type, stateKey, content })
    let redactions = 0
    const redact = (eventId: EventId) =>
      redactEvent(fixture, {
        roomId,
        sender: alice,
        eventId,
        content: {},
        transaction: { deviceId: 'PHONE' as never, txnId: `${redactions++}` },
      })
    const compareTotals = async () =>
      assert.deepEqual(
        await fixture.db.first(storedTotals, { roomId }),
        await fixture.db.first(recountedTotals, { roomId }),
      )
    await compareTotals()
    const first = await set('org.example', 'a', { text: 'é'.repeat(50) })
    const second = await set('org.example', 'a', { text: 'smaller' })
    const other = await set('org.example', 'b', { text: 'other' })
    await set('m.room.topic', '', { topic: 'longer than before' })
    await compareTotals()
    for (const eventId of [first, second, other, other]) {
      await redact(eventId)
      await compareTotals()
    }
    await set('org.example', 'a', { text: 'again' })
    await set('m.room.member', alice, { membership: 'join', displayname: 'Alice' })
    await compareTotals()
  })

  test('a room at its quota accepts replacements that are not larger, and state for its administration', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const set = (type: string, stateKey: string, length: number) =>
      sendState(fixture, { roomId, sender: alice, type, stateKey, content: { text: 'x'.repeat(length) } })
    await set('org.example', 'a', 1000)
    const totals = await fixture.db.first(storedTotals, { roomId })
    assert.ok(totals)
    fixture.quotas = {
      ...fixture.quotas,
      room_state_bytes: totals.state_bytes,
      room_state_events: totals.state_events,
    }
    await set('org.example', 'a', 1000)
    await assert.rejects(set('org.example', 'a', 1001), { status: 413, errcode: 'M_TOO_LARGE' })
    await assert.rejects(set('org.example', 'b', 0), { status: 403, errcode: 'M_FORBIDDEN' })
    await set('m.room.topic', '', 2000)
    await set('org.example', 'a', 999)
    await assert.rejects(set('m.room.topic', 'key', 0), { status: 403 })
  })
})
