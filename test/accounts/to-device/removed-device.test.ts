import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { removeDevices } from '../../../src/accounts/devices.ts'
import type { DeviceId, UserId } from '../../../src/lib/ids.ts'
import type { Database } from '../../../src/storage/database.ts'
import { openDatabase } from '../../../src/storage/open-database.ts'
import { query } from '../../../src/storage/query.ts'
import { shardOf } from '../../../src/storage/stream.ts'
import { afterTest } from '../../support/after-test.ts'
import { silentLog } from '../../support/log.ts'
import { onShards, type Sharded } from '../../support/sharded.ts'
import { whenLocked } from '../../support/when-locked.ts'
import { createAccountsFixture } from '../fixture.ts'
import { alice, bob, createToDeviceFixture, LAPTOP, PHONE } from './fixture.ts'

const SHARDS = 16
const allMessages = query()((db) => db.selectFrom('device_messages').select(['device_id']))

/** The transactions of `db` stay open after their work until `end`. */
function held(db: Database): { db: Database; ran: Promise<void>; end: () => void } {
  const [ran, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  return {
    db: {
      ...db,
      transaction: (work, options) =>
        db.transaction(async (tx) => {
          const value = await work(tx)
          ran.resolve()
          await mayEnd.promise
          return value
        }, options),
    },
    ran: ran.promise,
    end: mayEnd.resolve,
  }
}

onShards('messages for a device that is removed by another process', (open) => {
  async function setUp(t: TestContext) {
    assert.notEqual(shardOf(alice, SHARDS), shardOf(bob, SHARDS))
    const { url, db }: Sharded = await open(t, SHARDS)
    const other = await openDatabase(url, silentLog)
    afterTest(t, () => other[Symbol.asyncDispose]())
    await createToDeviceFixture(db, [
      [alice, PHONE],
      [bob, PHONE],
      [bob, LAPTOP],
    ])
    const toAll = async (of: Database) =>
      (await createToDeviceFixture(of, [])).send({
        [bob]: { '*': { n: 1 } } as Record<string, object>,
      } as never)
    const remove = (of: Database, userId: UserId, deviceIds: readonly DeviceId[]) => {
      const { deps } = createAccountsFixture(of)
      return of.transaction((tx) => removeDevices(deps, tx, { userId, deviceIds }), { orderedBy: userId })
    }
    return { db, other, toAll, remove }
  }

  test('are removed with it when they are stored first', async (t) => {
    const { db, other, toAll, remove } = await setUp(t)
    const sending = held(db)
    const sent = toAll(sending.db)
    await sending.ran
    const removed = remove(other, bob, [PHONE, LAPTOP])
    await whenLocked(other)
    sending.end()
    await Promise.all([sent, removed])
    assert.deepEqual(await db.all(allMessages, {}), [])
  })

  test('are not stored when it is removed first', async (t) => {
    const { db, other, toAll, remove } = await setUp(t)
    const removing = held(other)
    const removed = remove(removing.db, bob, [PHONE])
    await removing.ran
    const sent = toAll(db)
    await whenLocked(other)
    removing.end()
    await Promise.all([sent, removed])
    assert.deepEqual(await db.all(allMessages, {}), [{ device_id: LAPTOP }])
  })
})
