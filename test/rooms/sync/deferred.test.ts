import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonPieces } from '../../../src/http/json-pieces.ts'
import { Deferred } from '../../../src/lib/deferred.ts'
import { redactEvent } from '../../../src/rooms/redact.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { createNotificationsFixture, type SyncBody, user } from '../sync-fixture.ts'

const alice = user('alice')
const bob = user('bob')

/** The response as a client gets it. */
async function written(body: SyncBody): Promise<SyncBody> {
  let text = ''
  for await (const piece of jsonPieces(body)) text += piece
  return JSON.parse(text) as SyncBody
}

onEachDatabase('a sync of many large rooms', (open) => {
  test('holds the first few rooms, and reads each further one when it is written, as it was then', async (t) => {
    const fixture = await createNotificationsFixture(t, await open(t), ['alice', 'bob'])
    fixture.reads.pageBytes = 10_000
    for (let at = 0; at < 12; at++) {
      const roomId = await fixture.create(alice)
      await fixture.join(roomId, bob)
      await fixture.set(roomId, alice, 'm.room.topic', { topic: `${at}` })
      await fixture.say(roomId, alice, 'x'.repeat(8000))
    }
    const body = await fixture.sync(bob)
    const inMemory = Object.values(body.rooms.join).filter((room) => !((room as unknown) instanceof Deferred))
    assert.ok(inMemory.length >= 3 && inMemory.length <= 6, String(inMemory.length))
    const atOnce = await written(await fixture.sync(bob))
    for (const roomId of Object.keys(body.rooms.join) as (keyof typeof body.rooms.join)[]) {
      await fixture.set(roomId, alice, 'm.room.topic', { topic: 'later' })
      await fixture.say(roomId, alice, 'later')
    }
    assert.deepEqual(await written(body), atOnce)
    const after = await fixture.sync(bob, body.next_batch)
    assert.equal(Object.keys(after.rooms.join).length, 12)
  })

  test('does not tell what was redacted before it is written', async (t) => {
    const fixture = await createNotificationsFixture(t, await open(t), ['alice', 'bob'])
    fixture.reads.pageBytes = 1
    const transaction = { deviceId: 'PHONE' as never, txnId: 'r' }
    const said: Parameters<typeof redactEvent>[1][] = []
    for (let at = 0; at < 3; at++) {
      const roomId = await fixture.create(alice)
      await fixture.join(roomId, bob)
      const eventId = await fixture.say(roomId, alice, 'a secret')
      said.push({
        roomId,
        sender: alice,
        eventId,
        content: {},
        transaction: { ...transaction, txnId: `r${at}` },
      })
    }
    const body = await fixture.sync(bob)
    const deferred = Object.entries(body.rooms.join).filter(
      ([, room]) => (room as unknown) instanceof Deferred,
    )
    assert.equal(deferred.length, 2)
    for (const redaction of said) await redactEvent(fixture.rooms, redaction)
    const told = JSON.stringify(await written(body))
    assert.equal(told.split('a secret').length - 1, 1, 'only in the room that was read at once')
  })
})
