import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { findEvent } from '../../src/rooms/event-store.ts'
import { joinRoom } from '../../src/rooms/membership.ts'
import { redactEvent } from '../../src/rooms/redact.ts'
import { sendMessage } from '../../src/rooms/send-event.ts'
import { query } from '../../src/storage/query.ts'
import { onEachDatabase } from '../support/databases.ts'
import {
  alice,
  bob,
  createRoomsFixture,
  phone,
  publicRoom,
  say,
  setState,
  type RoomsFixture,
} from './fixture.ts'

const allEdits = query()((db) => db.selectFrom('edits').selectAll().orderBy('edit_position'))

const replacing = (eventId: EventId, more: JsonObject = { 'm.new_content': { body: 'new' } }) => ({
  body: '* new',
  ...more,
  'm.relates_to': { rel_type: 'm.replace', event_id: eventId },
})

onEachDatabase('edits', (open) => {
  const positionOf = async (fixture: RoomsFixture, eventId: EventId) =>
    (await findEvent(fixture.db, eventId))?.position

  test('a valid edit is stored with its message, and removed when it is redacted', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const message = await say(fixture, roomId, alice, 'old')
    const other = await say(fixture, roomId, alice, 'other')
    const first = await say(fixture, roomId, alice, replacing(message))
    const second = await say(fixture, roomId, alice, replacing(message))
    const ofOther = await say(fixture, roomId, alice, replacing(other))
    const row = async (of: EventId, edit: EventId) => ({
      position: await positionOf(fixture, of),
      edit_position: await positionOf(fixture, edit),
    })
    const rows = [await row(message, first), await row(message, second), await row(other, ofOther)]
    assert.deepEqual(await fixture.db.all(allEdits, {}), rows)
    const transaction = { deviceId: phone, txnId: 'redaction' }
    await redactEvent(fixture, { roomId, sender: alice, eventId: second, content: {}, transaction })
    assert.deepEqual(await fixture.db.all(allEdits, {}), [rows[0], rows[2]])
  })

  test('an edit that is invalid according to the specification is not stored', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const otherRoom = await publicRoom(fixture)
    await joinRoom(fixture, { roomId, userId: bob })
    const message = await say(fixture, roomId, alice, 'old')
    const state = await setState(fixture, roomId, alice, {
      type: 'm.room.message',
      content: { body: 'state' },
    })
    await say(fixture, roomId, bob, replacing(message))
    await say(fixture, otherRoom, alice, replacing(message))
    await say(fixture, roomId, alice, replacing(state))
    await say(fixture, roomId, alice, replacing('$nowhere' as EventId))
    await say(fixture, roomId, alice, replacing(message, {}))
    await say(fixture, roomId, alice, replacing(message, { 'm.new_content': 'new' }))
    const transaction = { deviceId: phone, txnId: 'sticker' }
    await sendMessage(fixture, {
      roomId,
      sender: alice,
      type: 'm.sticker',
      content: replacing(message),
      transaction,
    })
    const asState = { type: 'm.room.message', stateKey: 'x', content: replacing(message) }
    await setState(fixture, roomId, alice, asState)
    assert.deepEqual(await fixture.db.all(allEdits, {}), [])
    const edit = await say(fixture, roomId, alice, replacing(message))
    await say(fixture, roomId, alice, replacing(edit))
    assert.equal((await fixture.db.all(allEdits, {})).length, 1, 'an edit cannot be edited')
  })
})
