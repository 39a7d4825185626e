import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId } from '../../../src/lib/ids.ts'
import { sendMessage } from '../../../src/rooms/send-event.ts'
import { query } from '../../../src/storage/query.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { deviceOf, user } from '../sync-fixture.ts'
import { createRelationsFixture } from './fixture.ts'

const alice = user('alice')
const bob = user('bob')
const duplicate = { status: 400, errcode: 'M_DUPLICATE_ANNOTATION' }

const rows = query()((db) => db.selectFrom('relations').selectAll())

onEachDatabase('a relation', (open) => {
  test('is refused when the user has already sent the same annotation, until that is redacted', async (t) => {
    const fixture = await createRelationsFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const eventId = await fixture.say(roomId, alice, 'text')
    const other = await fixture.say(roomId, alice, 'other')
    const long = '👍'.repeat(1000)
    for (const key of ['👍', long]) {
      const first = await fixture.annotate(roomId, bob, eventId, key)
      await assert.rejects(fixture.annotate(roomId, bob, eventId, key), duplicate)
      await fixture.annotate(roomId, bob, eventId, `${key}!`)
      await fixture.annotate(roomId, bob, other, key)
      await fixture.annotate(roomId, alice, eventId, key)
      const relation = { rel_type: 'm.annotation', event_id: eventId, key }
      await fixture.relate(roomId, bob, relation, { type: 'org.example.annotation' })
      await fixture.redact(roomId, bob, first)
      await fixture.annotate(roomId, bob, eventId, key)
      await assert.rejects(fixture.annotate(roomId, bob, eventId, key), duplicate)
    }
    const message = {
      roomId,
      sender: bob,
      type: 'm.reaction',
      content: { 'm.relates_to': { rel_type: 'm.annotation', event_id: eventId, key: 'again' } },
      transaction: { deviceId: deviceOf(bob), txnId: 'repeated' },
    }
    const sent = await sendMessage(fixture.rooms, message)
    assert.equal(await sendMessage(fixture.rooms, message), sent, 'a repeated request is no duplicate')
  })

  test('is not stored for an event of another room, a malformed relation, or a type above 255 bytes', async (t) => {
    const fixture = await createRelationsFixture(t, await open(t), ['alice'])
    const roomId = await fixture.create(alice)
    const otherRoom = await fixture.create(alice)
    const eventId = await fixture.say(otherRoom, alice, 'elsewhere')
    const here = await fixture.say(roomId, alice, 'here')
    const relations = [
      { rel_type: 'm.reference', event_id: eventId },
      { rel_type: 'm.reference', event_id: '$nowhere' as EventId },
      { rel_type: 'm.reference' },
      { rel_type: 7, event_id: here },
      { rel_type: '', event_id: here },
      { rel_type: 'x'.repeat(256), event_id: here },
      { event_id: here },
      { rel_type: 'm.annotation', event_id: eventId, key: '👍' },
      { 'm.in_reply_to': { event_id: here } },
    ]
    for (const relation of relations) await fixture.relate(roomId, alice, relation)
    assert.deepEqual(await fixture.db.all(rows, {}), [])
    await fixture.relate(roomId, alice, { rel_type: 'x'.repeat(255), event_id: here })
    // An annotation without a key is no duplicate of another one.
    for (const key of [undefined, undefined, 5])
      await fixture.relate(roomId, alice, {
        rel_type: 'm.annotation',
        event_id: here,
        ...(key !== undefined && { key }),
      })
    assert.equal((await fixture.db.all(rows, {})).length, 4)
  })
})
