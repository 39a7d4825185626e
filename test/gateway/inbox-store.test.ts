import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalBus } from '../../src/cluster/bus.ts'
import { INBOX_BYTES, INBOX_SIZE, USER_BYTES, USER_ENTRIES } from '../../src/gateway/inbox-limits.ts'
import { allBytes } from '../../src/gateway/inbox-limits-store.ts'
import { forgetInboxesOf, makeInboxStore } from '../../src/gateway/inbox-store.ts'
import type { InboxKey } from '../../src/gateway/inbox.ts'
import { startInboxSweepers } from '../../src/gateway/sweep-inboxes.ts'
import { DAY_MS } from '../../src/lib/sweeper.ts'
import type { Database } from '../../src/storage/database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import { createManualClock } from '../support/manual-clock.ts'

const alice = (pushkey: string): InboxKey => ({ userId: '@alice:localhost', pushkey })
const bob = (pushkey: string): InboxKey => ({ userId: '@bob:localhost', pushkey })

function storeOn(db: Database, maxBytes = 1e9, clock = createManualClock()) {
  const store = makeInboxStore({ db, bus: createLocalBus(), clock, maxBytes })
  const add = (inbox: InboxKey, n: number, bytes = 40, receivedAt = 0) => {
    const text = JSON.stringify({ event_id: `$${n}`, room_name: '' })
    const entry = { receivedAt, text: text.replace('""', `"${'x'.repeat(bytes - text.length)}"`) }
    return db.transaction((tx) => store.add(tx, inbox, entry))
  }
  const eventsOf = async (inbox: InboxKey) =>
    (await store.list(inbox)).map(({ notification }) => Number(notification.event_id?.slice(1)))
  return { store, add, eventsOf }
}

onEachDatabase('the inbox store', (open) => {
  test('keeps the newest notifications of an inbox, up to the limits of notifications and bytes of one inbox', async (t) => {
    const { add, eventsOf } = storeOn(await open(t))
    await add(alice('other'), 1)
    await add(bob('phone'), 1)
    for (let n = 1; n <= INBOX_SIZE + 3; n++) await add(alice('phone'), n)
    const kept = await eventsOf(alice('phone'))
    assert.deepEqual([kept.length, kept.at(0), kept.at(-1)], [INBOX_SIZE, 4, INBOX_SIZE + 3])
    for (let n = 1000; n < 1020; n++) await add(alice('phone'), n, INBOX_BYTES / 16)
    assert.deepEqual(
      await eventsOf(alice('phone')),
      Array.from({ length: 16 }, (_, n) => 1004 + n),
    )
    assert.deepEqual([await eventsOf(alice('other')), await eventsOf(bob('phone'))], [[1], [1]])
  })

  test('is bounded in bytes of one user, over all inboxes of the user', async (t) => {
    const { add, eventsOf } = storeOn(await open(t))
    await add(bob('phone'), 1)
    for (let n = 0; n < 6; n++)
      for (let part = 0; part < 8; part++) await add(alice(`phone ${n}`), n * 8 + part, USER_BYTES / 32)
    const kept: number[] = []
    for (let n = 0; n < 6; n++) kept.push(...(await eventsOf(alice(`phone ${n}`))))
    assert.deepEqual(
      kept,
      Array.from({ length: 32 }, (_, n) => 16 + n),
    )
    assert.deepEqual(await eventsOf(bob('phone')), [1])
  })

  test('is bounded in notifications of one user', async (t) => {
    const { add, eventsOf } = storeOn(await open(t))
    const inboxes = USER_ENTRIES / INBOX_SIZE + 1
    const adding: Promise<void>[] = []
    for (let n = 0; n < inboxes * INBOX_SIZE; n++) adding.push(add(alice(`phone ${n % inboxes}`), n))
    await Promise.all(adding)
    let kept = 0
    for (let n = 0; n < inboxes; n++) kept += (await eventsOf(alice(`phone ${n}`))).length
    assert.equal(kept, USER_ENTRIES)
  })

  test('is bounded in bytes in sum, also after a restart, and removes the oldest of all', async (t) => {
    const db = await open(t)
    const before = storeOn(db, 40_000)
    for (let n = 0; n < 4; n++) await before.add(alice(`phone ${n}`), n, 10_000)
    const after = storeOn(db, 40_000)
    for (let n = 0; n < 3; n++) await after.add(bob(`phone ${n}`), n, 100)
    assert.deepEqual(await after.eventsOf(alice('phone 0')), [], 'removed to make room for 300 bytes')
    assert.deepEqual(await after.eventsOf(alice('phone 1')), [1], 'no more was removed')
    assert.deepEqual(await after.eventsOf(bob('phone 2')), [2])
    assert.deepEqual(await db.all(allBytes, {}), [{ bytes: 30_300 }])
  })

  test('is bounded when another process adds notifications too, a minute later', async (t) => {
    const db = await open(t)
    if (db.isServedAlone) return
    const clock = createManualClock()
    const [one, other] = [storeOn(db, 4000, clock), storeOn(db, 4000, clock)]
    await one.add(alice('phone'), 0)
    for (let n = 1; n <= 150; n++) await other.add(bob('phone'), n)
    for (let n = 1; n <= 50; n++) await one.add(alice('phone'), n)
    clock.advance(60_000)
    await one.add(alice('phone'), 51)
    const [{ bytes } = { bytes: 0 }] = await db.all(allBytes, {})
    assert.ok(bytes <= 4000, `${bytes} bytes`)
  })

  test('removes notifications after some days, and opened inboxes that are not read', async (t) => {
    const db = await open(t)
    const clock = createManualClock()
    const { store, add, eventsOf } = storeOn(db)
    await store.open(alice('read'), clock.now())
    await store.open(alice('not read'), clock.now())
    await add(alice('phone'), 1, 40, clock.now())
    clock.advance(6 * DAY_MS)
    await store.touch('read', clock.now())
    await add(alice('phone'), 2, 40, clock.now())
    clock.advance(DAY_MS + 1)
    const sweepers = startInboxSweepers({ db, clock, log: silentLog }, 7)
    await eventually(async () => (await eventsOf(alice('phone'))).length === 1)
    await eventually(async () => (await store.opened('not read')) === undefined)
    for (const sweeper of sweepers) await sweeper[Symbol.asyncDispose]()
    assert.deepEqual(await eventsOf(alice('phone')), [2])
    assert.equal((await store.opened('read'))?.userId, '@alice:localhost')
  })

  test('removes the notifications of a closed inbox and of a deleted user', async (t) => {
    const db = await open(t)
    const { store, add, eventsOf } = storeOn(db)
    await store.open(alice('opened'), 0)
    await store.open(bob('opened too'), 0)
    for (const inbox of [alice('opened'), alice('phone'), bob('opened too'), bob('phone')])
      await add(inbox, 1)
    assert.equal(await store.close(alice('opened too')), false, 'the inbox belongs to bob')
    assert.equal(await store.close(bob('opened too')), true)
    assert.deepEqual([await eventsOf(bob('opened too')), await eventsOf(bob('phone'))], [[], [1]])
    await db.transaction((tx) => forgetInboxesOf(tx, '@alice:localhost'))
    assert.deepEqual([await eventsOf(alice('opened')), await eventsOf(alice('phone'))], [[], []])
    assert.equal(await store.opened('opened'), undefined)
  })
})
