import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import type { RoomAlias, RoomId, UserId } from '../../src/lib/ids.ts'
import { findEvent, findEvents } from '../../src/rooms/event-store.ts'
import { MatrixError } from '../../src/lib/errors.ts'
import { type Database, StorageError, type Transaction } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { query } from '../../src/storage/query.ts'
import { currentPoint, nextPosition, shardOf } from '../../src/storage/stream.ts'
import { alice, createRoomsFixture, publicRoom, say } from '../rooms/fixture.ts'
import { afterTest } from '../support/after-test.ts'
import { silentLog } from '../support/log.ts'
import { countRoundTrips, interceptStatements } from '../support/postgres-client.ts'
import { onShards } from '../support/sharded.ts'
import { whenLocked } from '../support/when-locked.ts'

const SHARDS = 16
/** One room of each shard. */
const rooms = Array.from({ length: SHARDS }, (_, shard) => {
  for (let n = 0; ; n++) {
    const roomId = `!room${n}:test` as RoomId
    if (shardOf(roomId, SHARDS) === shard) return roomId
  }
})
const roomOf = (shard: number) => rooms[shard] as RoomId

const addAlias = query<{ alias: RoomAlias; roomId: RoomId }>()((db, p) =>
  db.insertInto('room_aliases').values({
    alias: p.alias,
    room_id: p.roomId,
    created_by: '@alice:test' as UserId,
    created_at: 0,
  }),
)
const aliases = query()((db) => db.selectFrom('room_aliases').select('alias').orderBy('alias'))
/** An open end: work waits for `promise`. */
const gate = () => Promise.withResolvers<void>()
/** The transaction of the whole group. */
const transactionId = query()((db) => db.selectNoFrom(sql<string>`pg_current_xact_id()::text`.as('id')))
const alias = (name: number | string) => `#${name}:test` as RoomAlias
/** Ends the sessions of a process that are in a transaction and run no statement, and waits until they have ended. */
const endOpenSessions = query<{ name: string }>()((db, p) =>
  db
    .selectFrom(
      sql<{ pid: number }>`(select pid from pg_stat_activity where application_name = ${p.name}
        and state = 'idle in transaction')`.as('open'),
    )
    .select(sql<boolean>`pg_terminate_backend(pid, 10000)`.as('ended')),
)
/** Locks the row of a shard, or fails. */
const lockedAtOnce = query<{ id: number }>()((db, p) =>
  db.selectFrom('stream').select('id').where('id', '=', p.id).forUpdate().noWait(),
)
/** PostgreSQL stores no character zero. */
const REFUSED = '#\0' as RoomAlias

const independent = <T>(db: Database, shard: number, work: (tx: Transaction) => Promise<T>): Promise<T> =>
  db.transaction(work, { orderedBy: roomOf(shard), repeatable: true, isIndependent: true })

async function takeAfterReading(tx: Transaction): Promise<number> {
  await tx.all(aliases, {})
  return nextPosition(tx)
}

const stored = async (db: Database) => (await db.all(aliases, {})).map((row) => row.alias)

/** The shards in each lock that takes only those that are free, in the order of the statements. */
function watchLocks(t: TestContext): number[][] {
  const found: number[][] = []
  interceptStatements(t, (_client, statement, send) => {
    const { text, values } = typeof statement === 'string' ? { text: statement, values: [] } : statement
    if (text.includes('"stream"') && text.endsWith('for update skip locked'))
      found.push((JSON.parse(String(values[0])) as number[]).map((id) => id - 1))
    return send(statement)
  })
  return found
}

/** Counts the statements with such a text on the connections that write. */
function countStatements(t: TestContext, isCounted: (text: string) => boolean): { count: () => number } {
  let count = 0
  interceptStatements(t, (_client, statement, send) => {
    if (isCounted(typeof statement === 'string' ? statement : statement.text)) count++
    return send(statement)
  })
  return { count: () => count }
}

onShards('a group of several shards', (open) => {
  async function openTwo(t: TestContext): Promise<[Database, Database]> {
    const { url, db } = await open(t, SHARDS)
    const other = await openDatabase(url, silentLog)
    afterTest(t, () => other[Symbol.asyncDispose]())
    return [db, other]
  }

  /** Holds a shard with a transaction of another process, until `end`. */
  async function hold(db: Database, shard: number): Promise<{ end: () => Promise<void> }> {
    const [isOpen, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const holding = db.transaction(
      async (tx) => {
        await nextPosition(tx)
        isOpen.resolve()
        await mayEnd.promise
      },
      { orderedBy: roomOf(shard) },
    )
    await isOpen.promise
    return {
      end() {
        mayEnd.resolve()
        return holding
      },
    }
  }

  test('is one commit and two round trips for independent transactions, and locks its shards in ascending order', async (t) => {
    const { db } = await open(t, SHARDS)
    const locks = watchLocks(t)
    const trips = countRoundTrips(t)
    const ids = await Promise.all(
      [9, 3, 12, 0].map((shard) =>
        independent(db, shard, async (tx) => {
          const row = await tx.first(transactionId, {})
          tx.write(addAlias, { alias: alias(shard), roomId: roomOf(shard) })
          return row?.id
        }),
      ),
    )
    assert.equal(new Set(ids).size, 1)
    assert.equal(trips.count(), 2)
    assert.deepEqual(locks, [[0, 3, 9, 12]])
    assert.equal((await stored(db)).length, 4)
  })

  test('costs two round trips for messages in rooms of several shards', async (t) => {
    const { db } = await open(t, SHARDS)
    const fixture = await createRoomsFixture(db)
    const made = [await publicRoom(fixture), await publicRoom(fixture), await publicRoom(fixture)]
    for (const roomId of made) await say(fixture, roomId, alice, 'warm')
    const trips = countRoundTrips(t)
    await Promise.all(made.map((roomId) => say(fixture, roomId, alice, 'hello there')))
    assert.equal(trips.count(), 2)
  })

  test('moves each shard once, to the last position of its messages', async (t) => {
    const { db } = await open(t, SHARDS)
    const fixture = await createRoomsFixture(db)
    const found = [await publicRoom(fixture), await publicRoom(fixture), await publicRoom(fixture)]
    for (const roomId of found) await say(fixture, roomId, alice, 'warm')
    const updates = countStatements(t, (text) => text.includes('update "stream"'))
    const said = [...found, ...found].map((roomId, n) => say(fixture, roomId, alice, `hello ${n}`))
    const events = await findEvents(db, await Promise.all(said))
    const last = new Map<number, number>()
    for (const { position } of events.values())
      last.set(position % SHARDS, Math.max(position, last.get(position % SHARDS) ?? 0))
    assert.ok(last.size <= found.length)
    assert.equal(updates.count(), last.size)
    const point = await currentPoint(db)
    for (const [shard, position] of last) assert.equal(point[shard], position)
  })

  test('gives positions in the order of the transactions, reserved by a message or not, and moves the shard to the last', async (t) => {
    const { db } = await open(t, SHARDS)
    const fixture = await createRoomsFixture(db)
    const roomId = await publicRoom(fixture)
    await say(fixture, roomId, alice, 'warm')
    const take = () => db.transaction(nextPosition, { orderedBy: roomId, repeatable: true })
    const message = async (body: string) => {
      const event = await findEvent(db, await say(fixture, roomId, alice, body))
      return event?.position ?? 0
    }
    const positions = await Promise.all([take(), message('one'), take(), message('two')])
    assert.deepEqual(
      positions,
      positions.toSorted((a, b) => a - b),
    )
    assert.equal((await currentPoint(db))[shardOf(roomId, SHARDS)], positions.at(-1))
    const later = await take()
    assert.equal((await currentPoint(db))[shardOf(roomId, SHARDS)], later)
  })

  test('collects the messages that arrive while two groups run: one more commit for all of them', async (t) => {
    const { db } = await open(t, SHARDS)
    const commits = countStatements(t, (text) => text === 'commit')
    const mayEnd = Promise.withResolvers<void>()
    const running: Promise<number>[] = []
    for (const shard of [0, 1]) {
      const begun = Promise.withResolvers<void>()
      running.push(
        independent(db, shard, async (tx) => {
          const position = await takeAfterReading(tx)
          begun.resolve()
          await mayEnd.promise
          return position
        }),
      )
      await begun.promise
    }
    const waiting = [2, 3, 4, 5].map((shard) => independent(db, shard, takeAfterReading))
    await db.transaction(takeAfterReading, { orderedBy: roomOf(6) })
    assert.equal(commits.count(), 1)
    mayEnd.resolve()
    await Promise.all([...running, ...waiting])
    assert.equal(commits.count(), 4)
  })

  test('waits for a shard with one group only: messages of other shards go on', async (t) => {
    const [db, other] = await openTwo(t)
    const held = await Promise.all([hold(other, 3), hold(other, 8)])
    const first = independent(db, 3, takeAfterReading)
    await whenLocked(other)
    const second = independent(db, 8, takeAfterReading)
    assert.equal((await independent(db, 1, takeAfterReading)) % SHARDS, 1)
    assert.equal((await independent(db, 2, takeAfterReading)) % SHARDS, 2)
    for (const { end } of held) await end()
    assert.deepEqual(
      (await Promise.all([first, second])).map((position) => position % SHARDS),
      [3, 8],
    )
  })

  test('leaves a connection to messages of free shards while another process holds many', async (t) => {
    const [db, other] = await openTwo(t)
    const shards = [3, 5, 8, 11]
    const mayEnd = Promise.withResolvers<void>()
    const begun: Promise<void>[] = []
    const holding = shards.map((shard) => {
      const isOpen = Promise.withResolvers<void>()
      begun.push(isOpen.promise)
      return independent(other, shard, async (tx) => {
        await tx.all(aliases, {})
        isOpen.resolve()
        await mayEnd.promise
      })
    })
    await Promise.all(begun)
    const waiting = shards.map((shard) => independent(db, shard, takeAfterReading))
    await whenLocked(other, shards.length - 1)
    assert.equal((await independent(db, 1, takeAfterReading)) % SHARDS, 1)
    mayEnd.resolve()
    await Promise.all(holding)
    assert.deepEqual(
      (await Promise.all(waiting)).map((position) => position % SHARDS),
      shards,
    )
  })

  test('has at most half of the shards', async (t) => {
    const { db } = await open(t, SHARDS)
    const locks = watchLocks(t)
    await Promise.all(rooms.map((_, shard) => independent(db, shard, takeAfterReading)))
    assert.deepEqual(
      locks.map((shards) => shards.length),
      [SHARDS / 2, SHARDS / 2],
    )
  })

  test('loses only the transaction whose write fails, or which throws, wherever it is', async (t) => {
    const { db } = await open(t, SHARDS)
    for (const failing of [0, 1, 2])
      for (const how of ['write', 'throw before a write', 'throw after a write']) {
        const before = await stored(db)
        const nameOf = (shard: number) => alias(`${how} ${failing} ${shard}`)
        const committed: number[] = []
        const results = await Promise.allSettled(
          [0, 1, 2].map((shard) =>
            independent(db, shard, async (tx) => {
              await tx.all(aliases, {})
              const fails = shard === failing
              if (fails && how === 'throw before a write') throw new Error('refused')
              const name = fails && how === 'write' ? REFUSED : nameOf(shard)
              tx.write(addAlias, { alias: name, roomId: roomOf(shard) })
              if (fails && how === 'throw after a write') throw new Error('refused')
              tx.onCommit(() => committed.push(shard))
            }),
          ),
        )
        const rest = [0, 1, 2].filter((shard) => shard !== failing)
        assert.deepEqual(
          results.map(({ status }) => status === 'fulfilled'),
          [0, 1, 2].map((shard) => shard !== failing),
        )
        assert.deepEqual(
          committed.toSorted((a, b) => a - b),
          rest,
        )
        assert.deepEqual(
          (await stored(db)).filter((one) => !before.includes(one)),
          rest.map(nameOf),
        )
      }
  })

  test('commits without the shards that another process holds, whose transactions follow in the order of their arrival', async (t) => {
    const [db, other] = await openTwo(t)
    const held = await hold(other, 5)
    const order: string[] = []
    const add = (name: string, shard: number) =>
      independent(db, shard, async (tx) => {
        const before = await tx.all(aliases, {})
        tx.write(addAlias, { alias: alias(name), roomId: roomOf(shard) })
        tx.onCommit(() => order.push(`${name} after ${before.length}`))
      })
    const waiting = [add('first', 5), add('second', 5)]
    await Promise.all([add('left', 2), add('right', 9)])
    assert.deepEqual(await stored(other), [alias('left'), alias('right')])
    await whenLocked(other)
    const third = add('third', 5)
    await held.end()
    await Promise.all([...waiting, third])
    assert.deepEqual(order, [
      'left after 0',
      'right after 0',
      'first after 2',
      'second after 3',
      'third after 4',
    ])
  })

  test('refuses an independent transaction that writes before it has read, and commits the others', async (t) => {
    const { db } = await open(t, SHARDS)
    const results = await Promise.allSettled(
      [5, 2, 9].map((shard) =>
        independent(db, shard, async (tx) => {
          if (shard !== 5) await tx.all(aliases, {})
          tx.write(addAlias, { alias: alias(shard), roomId: roomOf(shard) })
        }),
      ),
    )
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled'],
    )
    assert.match(String((results[0] as PromiseRejectedResult).reason), /read first/)
    assert.deepEqual(await stored(db), [alias(2), alias(9)])
  })

  test('runs again a transaction whose shard is held although it hides the error', async (t) => {
    const [db, other] = await openTwo(t)
    const held = await hold(other, 5)
    const seen: unknown[] = []
    const hiding = independent(db, 5, async (tx) => {
      seen.push(await tx.all(aliases, {}).catch(() => 'not free'))
      try {
        tx.write(addAlias, { alias: alias(5), roomId: roomOf(5) })
      } catch {
        return 'hidden'
      }
      return 'written'
    })
    await independent(db, 2, takeAfterReading)
    await whenLocked(other)
    await held.end()
    assert.equal(await hiding, 'written')
    assert.deepEqual(seen, ['not free', []])
  })

  test('waits for no shard while all are held, and then each of them has a group', async (t) => {
    const [db, other] = await openTwo(t)
    const held = await Promise.all([hold(other, 3), hold(other, 8)])
    const both = [8, 3].map((shard) => independent(db, shard, takeAfterReading))
    await whenLocked(other)
    await held[1].end()
    assert.equal(((await both[0]) as number) % SHARDS, 8)
    await held[0].end()
    assert.equal(((await both[1]) as number) % SHARDS, 3)
  })

  test('of two processes, with the same shards in opposite order, neither deadlocks nor loses a transaction', async (t) => {
    const writers = await openTwo(t)
    const errors: unknown[] = []
    interceptStatements(t, (_client, statement, send) => {
      const result = send(statement)
      result.catch((error: unknown) => errors.push(error))
      return result
    })
    const send = (writer: number, shard: number, round: number) =>
      independent(writers[writer] as Database, shard, async (tx) => {
        const position = await takeAfterReading(tx)
        tx.write(addAlias, { alias: alias(`${writer}.${shard}.${round}`), roomId: roomOf(shard) })
        return position
      })
    const upwards = Array.from({ length: 8 }, (_, shard) => shard)
    const inOrder = async (writer: number, shards: readonly number[]) => {
      const taken: number[] = []
      for (let round = 0; round < 15; round++)
        taken.push(...(await Promise.all(shards.map((shard) => send(writer, shard, round)))))
      return taken
    }
    const taken = (await Promise.all([inOrder(0, upwards), inOrder(1, upwards.toReversed())])).flat()
    assert.equal(new Set(taken).size, 240)
    assert.equal((await stored(writers[0])).length, 240)
    assert.deepEqual(errors, [])
  })

  test('answers with an error of the storage when the connection is lost after the answer that a shard is held', async (t) => {
    const [db, other] = await openTwo(t)
    const held = await hold(other, 5)
    const refused = gate()
    const lost = gate()
    const results = Promise.allSettled([
      independent(db, 5, async (tx) => {
        try {
          await tx.all(aliases, {})
        } finally {
          refused.resolve()
        }
      }),
      independent(db, 2, async (tx) => {
        await tx.all(aliases, {})
        await lost.promise
        await tx.all(aliases, {})
      }),
    ])
    await refused.promise
    await other.all(endOpenSessions, { name: `belfry ${db.processId}` })
    lost.resolve()
    const found = await results
    await held.end()
    for (const result of found) {
      assert.equal(result.status, 'rejected')
      assert.ok(result.reason instanceof StorageError, String(result.reason))
    }
  })

  test('a locked row fails only the transaction that does not wait for it, which runs again', async (t) => {
    const [db, other] = await openTwo(t)
    const held = await hold(other, 5)
    let runs = 0
    const locking = db.transaction(
      async (tx) => {
        runs++
        tx.write(lockedAtOnce, { id: 6 })
        await tx.all(aliases, {})
      },
      { repeatable: true },
    )
    const [written] = await Promise.allSettled([
      db.transaction((tx) => tx.run(addAlias, { alias: alias(1), roomId: roomOf(1) })),
    ])
    await held.end()
    await locking
    assert.equal(written.status, 'fulfilled')
    assert.ok(runs > 1, `runs: ${runs}`)
  })

  test('gives no transaction the error of another one when the connection is lost', async (t) => {
    const [db, other] = await openTwo(t)
    for (const repeatable of [true, false]) {
      const refused = gate()
      const lost = gate()
      const options = { orderedBy: roomOf(2), repeatable }
      const results = Promise.allSettled([
        db.transaction(async (tx) => {
          await tx.all(aliases, {})
          refused.resolve()
          await lost.promise
          throw new MatrixError(403, 'M_FORBIDDEN', { message: 'refused' })
        }, options),
        db.transaction((tx) => tx.all(aliases, {}), options),
      ])
      await refused.promise
      await other.all(endOpenSessions, { name: `belfry ${db.processId}` })
      lost.resolve()
      const [, second] = await results
      assert.equal(second?.status, 'rejected')
      const { reason } = second as PromiseRejectedResult
      assert.ok(reason instanceof StorageError, String(reason))
    }
  })

  test('closes after the transactions that it gave back', async (t) => {
    const [db, other] = await openTwo(t)
    const held = await hold(other, 5)
    const works = [2, 5, 9].map((shard) => independent(db, shard, takeAfterReading))
    const closed = db[Symbol.asyncDispose]()
    await whenLocked(other)
    await held.end()
    assert.equal(new Set(await Promise.all(works)).size, 3)
    await closed
  })
})
