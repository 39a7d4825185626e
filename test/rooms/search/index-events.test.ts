import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redactEvent } from '../../../src/rooms/redact.ts'
import { indexLag, indexNewEvents } from '../../../src/rooms/search/index-events.ts'
import { advanceIdleShards } from '../../../src/storage/idle-shards.ts'
import { query } from '../../../src/storage/query.ts'
import { currentPosition } from '../../support/current-position.ts'
import { counting } from '../../support/counting-database.ts'
import { valueOf } from '../../support/take-position.ts'
import { onEachSharedDatabase } from '../../support/two-processes.ts'
import { alice, createRoomsFixture, phone, publicRoom, say } from '../fixture.ts'

const indexed = query()((db) =>
  db
    .selectFrom('search_index as s')
    .innerJoin('events as e', 'e.position', 's.rowid')
    .innerJoin('search_entries as n', 'n.position', 's.rowid')
    .select(['e.event_id', 'n.word_count'])
    .orderBy('e.position'),
)

onEachSharedDatabase('the index of events', (openTwo) => {
  test('a redaction while another process indexes leaves no text in the index', async (t) => {
    const [db, other] = await openTwo(t)
    const fixture = await createRoomsFixture(db)
    const roomId = await publicRoom(fixture)
    const ids = []
    for (let at = 0; at < 24; at++) ids.push(await say(fixture, roomId, alice, `text ${at}`))
    const redacting = ids
      .filter((_, at) => at % 2 === 0)
      .map((eventId) => {
        const transaction = { deviceId: phone, txnId: eventId }
        return redactEvent(fixture, { roomId, sender: alice, eventId, content: {}, transaction })
      })
    await Promise.all([
      ...redacting,
      indexNewEvents(other, 10),
      indexNewEvents(db, 10),
      indexNewEvents(other, 10),
    ])
    await indexNewEvents(db, 10)
    const rows = await db.all(indexed, {})
    assert.deepEqual(
      rows.map((row) => row.event_id),
      ids.filter((_, at) => at % 2 === 1),
    )
    assert.ok(rows.every((row) => row.word_count === 2))
  })

  test('a batch ends after 1 MiB of content', async (t) => {
    const [db] = await openTwo(t)
    const fixture = await createRoomsFixture(db)
    const roomId = await publicRoom(fixture)
    const large = 'text '.repeat(12_000)
    for (let at = 0; at < 40; at++) await say(fixture, roomId, alice, large)
    await indexNewEvents(db, 1)
    assert.equal((await db.all(indexed, {})).length, 18)
    await indexNewEvents(db, 10)
    assert.equal((await db.all(indexed, {})).length, 40)
  })

  test('costs one statement when nothing is new, and survives a restart at any batch', async (t) => {
    const [db, other] = await openTwo(t)
    const fixture = await createRoomsFixture(db)
    const roomId = await publicRoom(fixture)
    for (let at = 0; at < 230; at++) await say(fixture, roomId, alice, 'text')
    await advanceIdleShards(db)
    await indexNewEvents(db, 1)
    assert.ok((await db.all(indexed, {})).length < 100)
    const behind = valueOf(db, await currentPosition(db)) - 100
    const lag = await indexLag(other)
    // With several shards it is a bound.
    assert.ok(lag === behind || (db.shards > 1 && lag === behind + 1), `${lag}, not ${behind}`)
    await indexNewEvents(other, 10)
    assert.equal(await indexLag(db), 0)
    assert.equal((await db.all(indexed, {})).length, 230)
    const counted = counting(db)
    await indexNewEvents(counted.db, 10)
    assert.deepEqual(counted.count, { read: 1, write: 0, transactions: 0 })
  })
})
