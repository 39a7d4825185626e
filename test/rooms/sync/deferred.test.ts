import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonPieces } from '../../../src/http/json-pieces.ts'
import { Deferred } from '../../../src/lib/deferred.ts'
import { redactEvent } from '../../../src/rooms/redact.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { createSyncFixture, type SyncBody, user } from '../sync-fixture.ts'

const alice = user('alice')
const bob = user('bob')

/** The response as the client receives it. */
async function serialised(body: SyncBody): Promise<SyncBody> {
  let text = ''
  for await (const piece of jsonPieces(body)) text += piece
  return JSON.parse(text) as SyncBody
}

onEachDatabase('a sync response with many large rooms', (open) => {
  test('holds the first few rooms in memory, and reads each further room when it is written, at the position of the response', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
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
    const expected = await serialised(await fixture.sync(bob))
    for (const roomId of Object.keys(body.rooms.join) as (keyof typeof body.rooms.join)[]) {
      await fixture.set(roomId, alice, 'm.room.topic', { topic: 'later' })
      await fixture.say(roomId, alice, 'later')
    }
    assert.deepEqual(await serialised(body), expected)
    const after = await fixture.sync(bob, body.next_batch)
    assert.equal(Object.keys(after.rooms.join).length, 12)
  })

  test('reads the deferred rooms in batches when it is written, and a second time when it is written again', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice'])
    fixture.reads.pageBytes = 10_000
    for (let at = 0; at < 12; at++) {
      const roomId = await fixture.create(alice)
      await fixture.say(roomId, alice, 'x'.repeat(8000))
    }
    let snapshots = 0
    const { db } = fixture
    fixture.reads.db = {
      ...db,
      snapshot: (work) => {
        snapshots++
        return db.snapshot(work)
      },
    }
    const body = await fixture.sync(alice)
    const rooms = Object.values(body.rooms.join)
    const deferred = rooms.filter((room) => (room as unknown) instanceof Deferred).length
    assert.ok(deferred >= 6, String(deferred))
    assert.equal(snapshots, 1)
    const first = await serialised(body)
    const batches = snapshots - 1
    assert.ok(batches >= 2 && batches <= deferred / 2 + 1, `${batches} batches of ${deferred} rooms`)
    assert.deepEqual(await serialised(body), first)
    assert.equal(snapshots, 1 + 2 * batches)
  })

  test('does not contain an event that is redacted before its room is written', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    fixture.reads.pageBytes = 1
    const transaction = { deviceId: 'PHONE' as never, txnId: 'r' }
    const redactions: Parameters<typeof redactEvent>[1][] = []
    for (let at = 0; at < 3; at++) {
      const roomId = await fixture.create(alice)
      await fixture.join(roomId, bob)
      const eventId = await fixture.say(roomId, alice, 'a secret')
      redactions.push({
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
    for (const redaction of redactions) await redactEvent(fixture.rooms, redaction)
    const text = JSON.stringify(await serialised(body))
    assert.equal(text.split('a secret').length - 1, 1, 'only in the room that is in memory')
  })
})
