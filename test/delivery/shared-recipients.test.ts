import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Client } from 'pg'
import type { RoomId, UserId } from '../../src/lib/ids.ts'
import { badgeChanged } from '../../src/notifications/wake-delivery.ts'
import { parsePusherChange } from '../../src/pushers/pusher-request.ts'
import { setPusher } from '../../src/pushers/set-pusher.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { shardOf } from '../../src/storage/stream.ts'
import { createNotificationsFixture, room } from '../notifications/fixture.ts'
import { afterTest } from '../support/after-test.ts'
import { currentPosition } from '../support/current-position.ts'
import { silentLog } from '../support/log.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { onShards } from '../support/sharded.ts'
import { alice, bob, carol, createDeliveryFixture, HTTP_PUSHER, PHONE } from './delivery-fixture.ts'

const SHARDS = 16
const people = [alice, bob, carol]
const rooms = Array.from({ length: 16 }, (_, n) => room(`shared${n}`))

onShards('rooms of different shards with the same members', (open) => {
  /** The database as two processes have it. */
  async function openTwo(t: TestContext) {
    const { url, db, client } = await open(t, SHARDS)
    const other = await openDatabase(url, silentLog)
    afterTest(t, () => other[Symbol.asyncDispose]())
    return { db, other, client }
  }

  test('change the badges of their members in one order, whatever the order of the changes in a group', async (t) => {
    const { db, other, client } = await openTwo(t)
    const fixture = createNotificationsFixture(db)
    const laneIds = [await fixture.addPusher(alice), await fixture.addPusher(bob)]
    const first = rooms[0] as RoomId
    const second = rooms.find((id) => shardOf(id, SHARDS) !== shardOf(first, SHARDS)) as RoomId
    const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    /** Two transactions of one group. The second one begins when each group has done its first one. */
    const change = (on: Database, orderedBy: RoomId, userIds: readonly UserId[]) => {
      const own = begun[on === db ? 0 : 1]
      return userIds.map((userId, at) =>
        on.transaction(
          async (tx) => {
            if (at === 1) await Promise.all(begun.map(({ promise }) => promise))
            badgeChanged(fixture.deps, tx, [userId])
            // Waits for the result of what was sent before.
            await currentPosition(tx)
            own?.resolve()
          },
          { orderedBy },
        ),
      )
    }
    await Promise.all([...change(db, first, [alice, bob]), ...change(other, second, [bob, alice])])
    const { rows } = await client.query<{ value_due: string }>(
      'select value_due from lanes where lane_id = any($1)',
      [laneIds],
    )
    assert.deepEqual(
      rows.map((row) => Number(row.value_due)),
      [2, 2],
    )
  })

  test('cause no deadlock by messages, receipts, pokes and changes of pushers in two processes', async (t) => {
    const { db, other, client } = await openTwo(t)
    const gateway = await startPokeReceiver(t)
    const delivery = await createDeliveryFixture(t, db)
    const fixtures = [delivery.fixture, createNotificationsFixture(other)]
    Object.assign(fixtures[1]?.deps ?? {}, { bus: delivery.pushers.bus })
    const set = (on: Database, userId: UserId, pushkey: string, fields: object = {}) => {
      const settings = { ...HTTP_PUSHER, pushkey, append: true, data: { url: gateway.url }, ...fields }
      const change = parsePusherChange(settings as never, { handleRequired: false, webPush: true })
      return setPusher({ ...delivery.pushers, db: on }, { userId, deviceId: PHONE }, change)
    }
    for (const userId of people) for (const key of ['a', 'b', 'c']) await set(db, userId, key + userId)
    await Promise.all(
      rooms.map(async (id) => {
        for (const userId of people) await delivery.fixture.join(id, userId)
      }),
    )
    const workers = [await delivery.start(), await delivery.start({ db: other })]
    const write = async (id: RoomId, round: number) => {
      for (const [n, sender] of people.entries()) {
        const fixture = fixtures[(n + round) % 2] ?? delivery.fixture
        const { position } = await fixture.say(id, sender, `${round}`)
        await Promise.all(
          people.map((userId) => fixture.read({ userId, roomId: id, threadId: '', position })),
        )
      }
    }
    for (let round = 0; round < 3; round++)
      await Promise.all([
        ...rooms.map((id) => write(id, round)),
        ...people.map((userId) =>
          set(round % 2 ? db : other, userId, `c${userId}`, { enabled: round % 2 === 0 }),
        ),
        ...people.map((userId) => set(round % 2 ? other : db, userId, `b${userId}`, { lang: `l${round}` })),
      ])
    for (const one of [...workers, db, other]) await one[Symbol.asyncDispose]()
    // The backends have reported their counts when they have ended.
    await untilAlone(client)
    const { rows } = await client.query<{ deadlocks: string; shards: string }>(
      `select (select deadlocks from pg_stat_database where datname = current_database()) as deadlocks,
        (select count(*) from stream where position > 0) as shards`,
    )
    assert.deepEqual(
      rows.map(({ deadlocks, shards }) => [Number(deadlocks), Number(shards) > 8]),
      [[0, true]],
    )
    assert.ok(gateway.pokes.length > 0)
  })
})

async function untilAlone(client: Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query(
      'select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    if (rows.length === 0) return
  }
}
