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
import { alice, bob, openWorld, phone, publicRoom, say, setState, type World } from './fixture.ts'

const allEdits = query()((db) => db.selectFrom('edits').selectAll().orderBy('edit_position'))

const replacing = (eventId: EventId, more: JsonObject = { 'm.new_content': { body: 'new' } }) => ({
  body: '* new',
  ...more,
  'm.relates_to': { rel_type: 'm.replace', event_id: eventId },
})

onEachDatabase('edits', (open) => {
  const positionOf = async (world: World, eventId: EventId) => (await findEvent(world.db, eventId))?.position

  test('a valid edit is noted with its message, and forgotten when it is redacted', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    const message = await say(world, roomId, alice, 'old')
    const other = await say(world, roomId, alice, 'other')
    const first = await say(world, roomId, alice, replacing(message))
    const second = await say(world, roomId, alice, replacing(message))
    const ofOther = await say(world, roomId, alice, replacing(other))
    const row = async (of: EventId, edit: EventId) => ({
      position: await positionOf(world, of),
      edit_position: await positionOf(world, edit),
    })
    const rows = [await row(message, first), await row(message, second), await row(other, ofOther)]
    assert.deepEqual(await world.db.all(allEdits, {}), rows)
    const transaction = { deviceId: phone, txnId: 'redaction' }
    await redactEvent(world, { roomId, sender: alice, eventId: second, content: {}, transaction })
    assert.deepEqual(await world.db.all(allEdits, {}), [rows[0], rows[2]])
  })

  test('what the specification does not call a valid edit is not noted', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    const elsewhere = await publicRoom(world)
    await joinRoom(world, { roomId, userId: bob })
    const message = await say(world, roomId, alice, 'old')
    const state = await setState(world, roomId, alice, { type: 'm.room.message', content: { body: 'state' } })
    await say(world, roomId, bob, replacing(message))
    await say(world, elsewhere, alice, replacing(message))
    await say(world, roomId, alice, replacing(state))
    await say(world, roomId, alice, replacing('$nowhere' as EventId))
    await say(world, roomId, alice, replacing(message, {}))
    await say(world, roomId, alice, replacing(message, { 'm.new_content': 'new' }))
    const transaction = { deviceId: phone, txnId: 'sticker' }
    await sendMessage(world, {
      roomId,
      sender: alice,
      type: 'm.sticker',
      content: replacing(message),
      transaction,
    })
    const asState = { type: 'm.room.message', stateKey: 'x', content: replacing(message) }
    await setState(world, roomId, alice, asState)
    assert.deepEqual(await world.db.all(allEdits, {}), [])
    const edit = await say(world, roomId, alice, replacing(message))
    await say(world, roomId, alice, replacing(edit))
    assert.equal((await world.db.all(allEdits, {})).length, 1, 'an edit cannot be edited')
  })
})
