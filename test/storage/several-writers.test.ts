import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { DeviceId, EventId } from '../../src/lib/ids.ts'
import { joinRoom } from '../../src/rooms/membership.ts'
import { type MessageRequest, sendMessage } from '../../src/rooms/send-event.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { query } from '../../src/storage/query.ts'
import { nextPosition } from '../../src/storage/stream.ts'
import { alice, bob, createRoomsFixture, publicRoom } from '../rooms/fixture.ts'
import { afterTest } from '../support/after-test.ts'
import { clusterUrl, newPostgresUrl } from '../support/databases.ts'
import { currentPosition } from '../support/current-position.ts'
import { silentLog } from '../support/log.ts'
import { someone } from '../support/take-position.ts'

const cluster = clusterUrl()
const skip = typeof cluster === 'string' ? false : cluster.missing

/** As several processes open it. */
async function openWriters(t: TestContext, count: number): Promise<Database[]> {
  const url = await newPostgresUrl(cluster as string)
  const writers: Database[] = []
  for (let at = 0; at < count; at++) {
    const db = await openDatabase(url, silentLog)
    afterTest(t, () => db[Symbol.asyncDispose]())
    writers.push(db)
  }
  return writers
}

const writeAt = query<{ position: number }>()((db, p) =>
  db.insertInto('search_entries').values({ position: p.position, word_count: 1 }),
)
const positionsWritten = query()((db) => db.selectFrom('search_entries').select('position'))
const sent = query()((db) => db.selectFrom('events').select('event_id').where('txn_id', 'is not', null))

describe('several writers on one PostgreSQL', { skip }, () => {
  test('a reader that sees a position sees what was written with each lower one of its shard, although each writer waits between its position and its commit', async (t) => {
    const writers = await openWriters(t, 4)
    const [first] = writers
    assert.ok(first)
    const taken: number[] = []
    const seen: { last: number; written: Set<number> }[] = []
    await Promise.all(
      writers.map(async (db, writer) => {
        for (let round = 0; round < 20; round++) {
          await db.transaction(
            async (tx) => {
              const position = await nextPosition(tx)
              tx.write(writeAt, { position })
              // The other writers take their turn here if the shard is not locked.
              for (let pause = 0; pause < (writer + round) % 4; pause++)
                await new Promise((turn) => setImmediate(turn))
              tx.onCommit(() => taken.push(position))
            },
            { orderedBy: someone },
          )
          const committed = Math.max(...taken)
          const read: (typeof seen)[number] = await first.snapshot(async (q) => ({
            last: await currentPosition(q),
            written: new Set((await q.all(positionsWritten, {})).map((row) => row.position)),
          }))
          assert.ok(read.last >= committed)
          seen.push(read)
        }
      }),
    )
    assert.equal(new Set(taken).size, 80)
    assert.equal(seen.length, 80)
    for (const { last, written } of seen)
      assert.deepEqual(
        taken.filter((position) => position <= last && !written.has(position)),
        [],
      )
  })

  test('the same transaction id at two writers at once gives one event and equal responses', async (t) => {
    const [one, two] = await openWriters(t, 2)
    assert.ok(one && two)
    const fixture = await createRoomsFixture(one)
    const roomId = await publicRoom(fixture)
    await joinRoom(fixture, { roomId, userId: bob })
    for (let n = 0; n < 10; n++) {
      const message: MessageRequest = {
        roomId,
        sender: alice,
        type: 'm.room.message',
        content: { body: `${n}` },
        transaction: { deviceId: 'PHONE' as DeviceId, txnId: `t${n}` },
      }
      const [left, right]: EventId[] = await Promise.all(
        [one, two].map((db) => sendMessage({ ...fixture, db }, message)),
      )
      assert.equal(left, right)
    }
    assert.equal((await one.all(sent, {})).length, 10)
  })
})
