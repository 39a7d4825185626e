import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { upsertDevice } from '../../../src/accounts/devices-store.ts'
import { sendToDevices } from '../../../src/accounts/to-device/send.ts'
import type { DeviceId, UserId } from '../../../src/lib/ids.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import type { Database } from '../../../src/storage/database.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { quotas } from '../../support/quotas.ts'
import { onEachSharedDatabase } from '../../support/two-processes.ts'
import {
  bodies,
  createSyncFixture,
  deviceOf,
  type SyncBody,
  type SyncFixture,
  user,
} from '../sync-fixture.ts'

const alice = user('alice')
const bob = user('bob')
const LAPTOP = 'LAPTOP' as DeviceId

type Received = SyncBody & { to_device: { events: { sender: string; type: string; content: JsonObject }[] } }

const contents = (body: Received) => body.to_device.events.map(({ content }) => content['n'])

/** A fixture with devices of Alice and Bob, and functions for the to-device messages of Bob. */
async function start(t: TestContext, db: Database) {
  const fixture = await createSyncFixture(t, db, ['alice', 'bob'])
  for (const [userId, deviceId] of [
    [alice, deviceOf(alice)],
    [bob, deviceOf(bob)],
    [bob, LAPTOP],
  ] as const)
    await db.transaction((tx) =>
      tx.run(upsertDevice, { userId, deviceId, displayName: null, address: null, now: 0 }),
    )
  return { fixture, send: sender(fixture), sync: syncOf(fixture) }
}

function sender({ db, bus, clock }: Pick<SyncFixture, 'db' | 'bus' | 'clock'>, prefix = 't') {
  let transactions = 0
  const deps = { db, bus, clock, quotas, maxMessageBytes: 100_000, maxRequestBytes: 1_000_000 }
  return (n: number, deviceId: string = deviceOf(bob)) =>
    sendToDevices(deps, {
      sender: { userId: alice, deviceId: deviceOf(alice) },
      type: 'm.room.encrypted',
      txnId: `${prefix}${transactions++}`,
      messages: { [bob]: { [deviceId]: { n } } } as Record<UserId, Record<string, JsonObject>>,
    })
}

const syncOf =
  (fixture: SyncFixture) =>
  async (since?: string, options: Parameters<SyncFixture['sync']>[2] = {}): Promise<Received> =>
    (await fixture.sync(bob, since, options)) as Received

onEachDatabase('to_device in /sync', (open) => {
  test('has a message until the device syncs with the token of the response that contained it', async (t) => {
    const { send, sync } = await start(t, await open(t))
    const first = await sync()
    await send(1)
    const second = await sync(first.next_batch)
    assert.deepEqual(second.to_device.events, [
      { sender: alice, type: 'm.room.encrypted', content: { n: 1 } },
    ])
    // The client did not get that response.
    assert.deepEqual(contents(await sync(first.next_batch)), [1])
    assert.deepEqual(contents(await sync()), [1])
    await send(2)
    assert.deepEqual(contents(await sync(first.next_batch)), [1, 2])
    const third = await sync(second.next_batch)
    assert.deepEqual(contents(third), [2])
    // An earlier token, or none, does not bring back a received message.
    assert.deepEqual(contents(await sync(first.next_batch)), [2])
    assert.deepEqual(contents(await sync()), [2])
    const fourth = await sync(third.next_batch)
    assert.deepEqual(contents(fourth), [])
    assert.deepEqual(contents(await sync(third.next_batch)), [])
    assert.deepEqual(contents(await sync()), [])
  })

  test('belongs to one device: other devices of the user receive and acknowledge their own messages', async (t) => {
    const { send, sync } = await start(t, await open(t))
    await send(1, '*')
    await send(2, LAPTOP)
    const phone = await sync()
    await sync(phone.next_batch)
    assert.deepEqual(contents(phone), [1])
    const laptop = await sync(undefined, { deviceId: LAPTOP })
    assert.deepEqual(contents(laptop), [1, 2])
    assert.deepEqual(contents(await sync(laptop.next_batch, { deviceId: LAPTOP })), [])
  })

  test('has 100 messages at most, and the next responses have the rest, each once, without a wait', async (t) => {
    const { send, sync } = await start(t, await open(t))
    let { next_batch: since } = await sync()
    for (let n = 0; n < 230; n++) await send(n)
    const seen: unknown[] = []
    for (const expected of [100, 100, 30]) {
      const response = await sync(since, { timeoutMs: 30_000 })
      assert.equal(response.to_device.events.length, expected)
      seen.push(...contents(response))
      since = response.next_batch
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 230 }, (_, n) => n),
    )
    assert.deepEqual(contents(await sync(since)), [])
  })

  test('is complete for a token without a part for messages, such as that of an earlier version', async (t) => {
    const { send, sync } = await start(t, await open(t))
    const first = await sync()
    assert.match(first.next_batch, /_d0$/)
    await send(1)
    const second = await sync(first.next_batch)
    assert.match(second.next_batch, /_d[1-9]\d*$/)
    for (const form of [/_d\d+$/, /_.*$/])
      assert.deepEqual(contents(await sync(second.next_batch.replace(form, ''))), [1])
    const third = await sync(second.next_batch)
    assert.match(third.next_batch, /_d0$/)
    assert.deepEqual(contents(third), [])
  })

  test('deletes nothing for a token that is ahead of the stream, as after a restore, and sends all waiting messages', async (t) => {
    const { send, sync } = await start(t, await open(t))
    const { next_batch: token } = await sync()
    await send(1)
    await send(2)
    const ahead = token.replace(/^s\d+/, 's999999').replace('_d0', '_d999990')
    const response = await sync(ahead)
    assert.deepEqual(contents(response), [1, 2])
    const partAhead = response.next_batch.replace(/_d\d+$/, '_d999990')
    assert.deepEqual(contents(await sync(partAhead)), [1, 2])
    assert.deepEqual(contents(await sync(response.next_batch)), [])
  })

  test('ends the wait of a long poll of the device, and of no other device', async (t) => {
    const { fixture, send, sync } = await start(t, await open(t))
    const phone = sync((await sync()).next_batch, { timeoutMs: 30_000 })
    await fixture.clock.asleep(30_000)
    const laptopStart = (await sync(undefined, { deviceId: LAPTOP })).next_batch
    const laptop = sync(laptopStart, { timeoutMs: 40_000, deviceId: LAPTOP })
    await fixture.clock.asleep(40_000)
    await send(1)
    assert.deepEqual(contents(await phone), [1])
    assert.equal(fixture.clock.sleepers(), 1)
    fixture.clock.advance(40_000)
    assert.deepEqual(contents(await laptop), [])
  })

  test('is empty for a viewer without a device', async (t) => {
    const { fixture, send } = await start(t, await open(t))
    await send(1, '*')
    const { sections } = fixture.reads
    const seen = await fixture.db.snapshot((read) =>
      Promise.all(
        sections.slice(-1).map((section) =>
          section.news({
            read,
            viewer: { userId: bob, deviceId: null },
            hasMessages: true,
          } as Parameters<typeof section.news>[0]),
        ),
      ),
    )
    assert.deepEqual(seen, [{ keys: {}, hasNews: false }])
  })
})

onEachSharedDatabase('to_device in /sync of two processes', (openTwo) => {
  test('has the key that a sender stored before an event, whenever the response has the event', async (t) => {
    const [one, other] = await openTwo(t)
    const { fixture, sync } = await start(t, one)
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const writer = await createSyncFixture(t, other, [])
    const send = sender(writer)
    let { next_batch: since } = await sync()
    const rounds = 30
    const writing = (async () => {
      for (let n = 0; n < rounds; n++) {
        await send(n)
        await writer.say(roomId, alice, `${n}`)
      }
    })()
    const keys: unknown[] = []
    let events = 0
    while (events < rounds) {
      await setImmediate()
      const response = await sync(since)
      since = response.next_batch
      keys.push(...contents(response))
      for (const body of bodies(response.rooms.join[roomId]?.timeline.events ?? [])) {
        assert.ok(keys.includes(Number(body)), `the event ${Number(body)} came before its key`)
        events++
      }
    }
    await writing
    assert.deepEqual(
      keys,
      Array.from({ length: rounds }, (_, n) => n),
      'each key once, in order',
    )
  })
})
