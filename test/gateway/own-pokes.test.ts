import assert from 'node:assert/strict'
import { test } from 'node:test'
import { INBOX_APP_ID } from '../../src/gateway/inbox.ts'
import type { ProviderResult } from '../../src/gateway/provider.ts'
import type { Step } from '../../src/gateway/step.ts'
import type { Database } from '../../src/storage/database.ts'
import { counting } from '../support/counting-database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { countingClock } from './counting-clock.ts'
import { dead, notificationOf, openGateway, type PushGiven, type Script, unavailable } from './fixture.ts'

const userId = '@alice:localhost'
const inbox = { userId, pushkey: 'phone' }
const apps = { app: { type: 'scripted' }, [INBOX_APP_ID]: { type: 'inbox' } }

/** `stored`: the steps in the transactions of the caller. `later`: those outside of them. */
async function openWithTrace(db: Database, script?: Script) {
  const stored: string[] = []
  const later: string[] = []
  const trace = {
    record: ({ outcome }: Step) => void later.push(outcome),
    recordIn: async (_tx: unknown, steps: readonly Step[]) =>
      void stored.push(...steps.map((one) => one.outcome)),
  }
  const { clock, loopsAtRest } = countingClock()
  const fixture = await openGateway(db, { apps, clock, deps: { trace }, ...(script && { script }) })
  const { gateway } = fixture
  // Then the queue is known to be empty.
  await loopsAtRest()
  const notifyOwn = (given: PushGiven) => gateway.notifyOwn(notificationOf(given), userId)
  return { fixture, gateway, notifyOwn, stored, later }
}

const toInbox = (event: string): PushGiven => ({ app: INBOX_APP_ID, pushkey: inbox.pushkey, event })

onEachDatabase('a poke of the own server in the gateway', (open) => {
  test('needs no statement before its response, and one for its entry of the inbox in the transaction of the caller', async (t) => {
    const { db, count } = counting(await open(t))
    const { fixture, gateway, notifyOwn, stored } = await openWithTrace(db)
    await using _closing = fixture
    const { unwritten } = await notifyOwn(toInbox('$1'))
    await db.transaction((tx) => gateway.record(tx, [unwritten]))
    Object.assign(count, { read: 0, write: 0, transactions: 0 })
    const next = await Promise.all([notifyOwn(toInbox('$2')), notifyOwn(toInbox('$3'))])
    assert.deepEqual(count, { read: 0, write: 0, transactions: 0 })
    await db.transaction((tx) =>
      gateway.record(
        tx,
        next.map((one) => one.unwritten),
      ),
    )
    assert.deepEqual(count, { read: 0, write: 2, transactions: 1 })
    assert.deepEqual(stored, ['delivered', 'delivered', 'delivered'])
    assert.equal((await fixture.store.list(inbox)).length, 3)
  })

  test('leaves nothing behind when the transaction of the caller is rolled back', async (t) => {
    const db = await open(t)
    const { fixture, gateway, notifyOwn } = await openWithTrace(db)
    await using _closing = fixture
    const { unwritten } = await notifyOwn(toInbox('$1'))
    const recording = db.transaction(async (tx) => {
      await gateway.record(tx, [unwritten])
      throw new Error('rolled back')
    })
    await assert.rejects(recording, /rolled back/)
    assert.deepEqual(await fixture.store.list(inbox), [])
    const repeated = await notifyOwn(toInbox('$1'))
    await db.transaction((tx) => gateway.record(tx, [repeated.unwritten]))
    assert.equal((await fixture.store.list(inbox)).length, 1)
  })

  test('is queued in a durable transaction of the gateway when its first attempt fails, and a repeat is not sent', async (t) => {
    const { db, durable } = counting(await open(t))
    const script: Script = ({ device }) => (device.pushkey === 'down' ? unavailable : undefined)
    const { fixture, gateway, notifyOwn } = await openWithTrace(db, script)
    await using _closing = fixture
    const before = durable()
    const { rejected, unwritten } = await notifyOwn({ pushkey: 'down' })
    assert.deepEqual(rejected, [])
    assert.equal(durable() - before, 1)
    const sent = fixture.sent.length
    const repeated = await notifyOwn({ pushkey: 'down' })
    assert.equal(fixture.sent.length, sent)
    assert.deepEqual(
      repeated.unwritten.steps.map(({ outcome }) => outcome),
      ['duplicate'],
    )
    await db.transaction((tx) => gateway.record(tx, [unwritten]))
    assert.equal(gateway.health().queued, 1)
  })

  test('makes queued notifications of its device due, with its counts', async (t) => {
    const down = new Set(['phone'])
    const script: Script = ({ device }) => (down.has(device.pushkey) ? unavailable : undefined)
    const db = await open(t)
    const { fixture, gateway, notifyOwn } = await openWithTrace(db, script)
    await using _closing = fixture
    await notifyOwn({ pushkey: 'phone', event: '$1', counts: { unread: 1 } })
    down.clear()
    const { unwritten } = await notifyOwn({ pushkey: 'phone', event: '$2', counts: { unread: 2 } })
    await db.transaction((tx) => gateway.record(tx, [unwritten]))
    const countsOf = (event: string) =>
      fixture.sent.filter(({ notification }) => notification.event_id === event).at(-1)?.notification.counts
    await eventually(
      () => fixture.sent.filter(({ notification }) => notification.event_id === '$1').length === 2,
    )
    assert.deepEqual(countsOf('$1'), { unread: 2 })
  })

  test('returns the rejected pushkey', async (t) => {
    const { fixture, notifyOwn } = await openWithTrace(await open(t), ({ device }) =>
      device.pushkey === 'dead' ? { ...dead, isCertain: true } : undefined,
    )
    await using _closing = fixture
    assert.deepEqual((await notifyOwn({ pushkey: 'dead' })).rejected, ['dead'])
  })

  test('records the steps after its response when the attempt takes longer than the response', async (t) => {
    const response = Promise.withResolvers<ProviderResult>()
    const { fixture, notifyOwn, later } = await openWithTrace(await open(t), ({ device }) =>
      device.pushkey === 'slow' ? response.promise : undefined,
    )
    await using _closing = fixture
    const calling = notifyOwn({ pushkey: 'slow' })
    await eventually(() => fixture.sent.some(({ device }) => device.pushkey === 'slow'))
    fixture.clock.advance(10_000)
    const { unwritten } = await calling
    assert.deepEqual(
      unwritten.steps.map(({ outcome }) => outcome),
      ['queued'],
    )
    later.length = 0
    response.resolve({ kind: 'delivered', reason: 'ok', status: 200 })
    await eventually(() => later.includes('delivered'))
  })
})

onEachDatabase('the inbox in the gateway', (open) => {
  const notification = notificationOf({ app: INBOX_APP_ID, pushkey: 'configured', event: '$1' })
  const configured = { userId: '', pushkey: 'configured' }

  test('stores a notification of another server in one durable transaction before the response', async (t) => {
    const { db, count, durable } = counting(await open(t))
    const { clock, loopsAtRest } = countingClock()
    await using fixture = await openGateway(db, { apps, clock })
    await loopsAtRest()
    const close = fixture.configured.add(['configured'])
    await fixture.gateway.notify({ ...notification, event_id: '$0' })
    const before = durable()
    Object.assign(count, { read: 0, write: 0, transactions: 0 })
    assert.deepEqual(await fixture.notify(notification), { rejected: [] })
    assert.deepEqual([count.read, count.write, count.transactions, durable() - before], [1, 2, 1, 1])
    assert.equal((await fixture.store.list(configured)).length, 2)
    assert.deepEqual(await fixture.notify(notification), { rejected: [] })
    assert.equal((await fixture.store.list(configured)).length, 2, 'a repeat is not stored')
    close()
  })

  test('stores a queued notification when the queue sends it', async (t) => {
    const db = await open(t)
    let waitMs = 1
    const perDevice = { take: () => waitMs, giveBack: () => undefined, size: 0 }
    await using fixture = await openGateway(db, { apps, deps: { perDevice } })
    const close = fixture.configured.add(['configured'])
    await fixture.notify(notification)
    assert.deepEqual(await fixture.store.list(configured), [])
    waitMs = 0
    await eventually(async () => {
      fixture.clock.advance(1000)
      return (await fixture.store.list(configured)).length === 1
    })
    await eventually(() => fixture.gateway.health().queued === 0)
    close()
  })
})
