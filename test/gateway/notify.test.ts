import assert from 'node:assert/strict'
import { test } from 'node:test'
import { INBOX_APP_ID } from '../../src/gateway/inbox.ts'
import { parseNotification } from '../../src/gateway/notification.ts'
import type { ProviderResult } from '../../src/gateway/provider.ts'
import { onEachDatabase, openTestSqlite } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { BYTES, dead, delivered, doubtful, openGateway, type Script, unavailable } from './fixture.ts'

const byPushkey =
  (results: Record<string, ProviderResult>): Script =>
  ({ device }) =>
    results[device.pushkey]

const forDevices = (...devices: [appId: string, pushkey: string][]) =>
  parseNotification({
    notification: {
      event_id: '$e',
      room_id: '!r',
      devices: devices.map(([app_id, pushkey]) => ({ app_id, pushkey })),
    },
  }).notification

onEachDatabase('notify', (open) => {
  test('returns only the rejected pushkeys, each once', async (t) => {
    const dropped: ProviderResult = { kind: 'refused', reason: 'PayloadTooLarge', status: 413 }
    const script = byPushkey({ b: dead, c: dropped, d: dead })
    await using fixture = await openGateway(await open(t), { script })
    const response = await fixture.notify(
      forDevices(['app', 'a'], ['app', 'b'], ['app', 'c'], ['app', 'd'], ['app', 'b']),
    )
    assert.deepEqual(response, { rejected: ['b', 'd'] })
    assert.equal(fixture.sent.length, 4, 'a repeated device receives one push')
  })

  test('an app that is unknown or matched by several globs is sent nothing, and no pushkey is rejected', async (t) => {
    const apps = {
      'com.*': { type: 'scripted' },
      '*.ios': { type: 'scripted' },
      'com.exact.ios': { type: 'scripted' },
    }
    await using fixture = await openGateway(await open(t), { apps, script: () => dead })
    for (const app of ['unknown', 'constructor', '__proto__', '', 'com.both.ios', 'COM.one', 'x'.repeat(65)])
      assert.deepEqual(await fixture.push({ app }), { rejected: [] }, app)
    assert.equal(fixture.sent.length, 0)
    assert.deepEqual(new Set(fixture.outcomes()), new Set(['configuration error']))
    await fixture.push({ app: 'com.exact.ios' })
    await fixture.push({ app: 'com.one.android' })
    assert.deepEqual(
      fixture.sent.map(({ appId }) => appId),
      ['com.exact.ios', 'com.*'],
    )
  })

  test('devices are served concurrently, and the result of one does not affect the others', async (t) => {
    const both = Promise.withResolvers<ProviderResult>()
    let waiting = 0
    const script: Script = ({ device }) => {
      if (device.pushkey === 'broken') throw new Error('a provider that throws')
      if (++waiting === 2) both.resolve(dead)
      return both.promise
    }
    await using fixture = await openGateway(await open(t), { script })
    const response = await fixture.notify(
      forDevices(['app', 'a'], ['app', 'broken'], ['unknown', 'x'], ['app', 'b']),
    )
    assert.deepEqual(response, { rejected: ['a', 'b'] })
    assert.deepEqual(fixture.outcomes().toSorted(), ['configuration error', 'rejected', 'rejected', 'retry'])
  })

  test('the same event five times causes one push, concurrently or in sequence', async (t) => {
    const db = await open(t)
    const clock = createManualClock()
    const response = Promise.withResolvers<ProviderResult>()
    {
      await using fixture = await openGateway(db, { clock, script: () => response.promise })
      const together = Promise.all(Array.from({ length: 5 }, () => fixture.push()))
      await eventually(() => fixture.sent.length === 1)
      response.resolve(delivered)
      assert.deepEqual(
        await together,
        Array.from({ length: 5 }, () => ({ rejected: [] })),
      )
      await fixture.push()
      assert.equal(fixture.sent.length, 1)
      await fixture.push({ pushkey: 'another' })
      await fixture.push({ event: '$other' })
      assert.equal(fixture.sent.length, 3, 'another device, another event')
    }
    await using again = await openGateway(db, { clock })
    await again.push()
    assert.equal(again.sent.length, 0, 'also after a restart')
    clock.advance(24 * 3_600_000)
    await eventually(async () => {
      clock.advance(600_000)
      await again.push()
      return again.sent.length > 0
    })
  })

  test('repeats of a rejected event return the rejection, and a newer pushkey_ts causes a new attempt', async (t) => {
    await using fixture = await openGateway(await open(t), { script: () => dead })
    const before = Math.floor(fixture.clock.now() / 1000) - 10
    assert.deepEqual(await fixture.push({ pushkeyTs: before }), { rejected: ['key'] })
    fixture.clock.advance(5000)
    // Before the rejection is stored, repeats share the first attempt. Afterwards they are found in the database.
    await eventually(async () => {
      assert.deepEqual(await fixture.push({ pushkeyTs: before }), { rejected: ['key'] })
      return fixture.steps.at(-1)?.reason === 'rejected'
    })
    assert.equal(fixture.sent.length, 1)
    await fixture.push({ pushkeyTs: before + 20 })
    assert.equal(fixture.sent.length, 2)
  })

  test('counts only and test pushes are sent each time', async (t) => {
    await using fixture = await openGateway(await open(t))
    for (let n = 0; n < 3; n++) {
      await fixture.push({ event: null, counts: { unread: n } })
      await fixture.push({ event: '$THIS_IS_A_FAKE_EVENT_ID' })
    }
    assert.equal(fixture.sent.length, 6)
  })

  test('the response waits 10 s for a provider that hangs, and the next call returns a late rejection once', async (t) => {
    const response = Promise.withResolvers<ProviderResult>()
    const script: Script = ({ attempt, notification }) =>
      notification.event_id === '$event' && attempt === 1 ? response.promise : delivered
    await using fixture = await openGateway(await open(t), { script })
    const calling = fixture.push()
    await eventually(() => fixture.sent.length === 1)
    fixture.clock.advance(9999)
    assert.equal(await Promise.race([calling, Promise.resolve('waiting')]), 'waiting')
    fixture.clock.advance(1)
    assert.deepEqual(await calling, { rejected: [] })
    response.resolve(dead)
    await eventually(() => fixture.outcomes().includes('rejected'))
    await eventually(async () => (await fixture.push()).rejected.length === 1)
    assert.deepEqual(
      await fixture.push({ event: '$next' }),
      { rejected: ['key'] },
      'remembered for any event',
    )
    assert.deepEqual(
      await fixture.push({ event: '$third' }),
      { rejected: [] },
      'forgotten after it was returned',
    )
    assert.equal(fixture.sent.length, 2)
  })

  test('a late rejection of a pusher of this server is applied, not remembered', async (t) => {
    const response = Promise.withResolvers<ProviderResult>()
    const applied: string[] = []
    const onRejected = async (_tx: unknown, device: { pushkey: string }) => void applied.push(device.pushkey)
    await using fixture = await openGateway(await open(t), {
      script: () => response.promise,
      deps: { onRejected },
    })
    const calling = fixture.push({ isOwn: true })
    await eventually(() => fixture.sent.length === 1)
    fixture.clock.advance(10_000)
    await calling
    response.resolve(dead)
    await eventually(() => applied.length === 1)
    assert.deepEqual(applied, ['key'])
  })

  test('503 when the queue is full', async (t) => {
    const settings = { respondWithinMs: 10_000, lifeMs: 3_600_000, mostQueued: 1, ...BYTES }
    const script = byPushkey({ a: unavailable, b: unavailable })
    await using fixture = await openGateway(await open(t), { script, deps: { settings } })
    assert.deepEqual(await fixture.notify(forDevices(['app', 'a'])), { rejected: [] })
    await assert.rejects(fixture.notify(forDevices(['app', 'b'], ['app', 'c'])), { status: 503 })
    assert.deepEqual(await fixture.notify(forDevices(['app', 'c'])), { rejected: [] })
    assert.equal(
      fixture.sent.filter(({ device }) => device.pushkey === 'c').length,
      1,
      'already delivered by the refused call',
    )
  })
})

test('doubtful rejections are held until the app has delivered a push', async (t) => {
  let result: ProviderResult = doubtful
  await using fixture = await openGateway(await openTestSqlite(t), { script: () => result })
  assert.deepEqual(await fixture.push({ pushkey: 'a' }), { rejected: [] })
  result = delivered
  await fixture.push({ pushkey: 'b' })
  result = doubtful
  assert.deepEqual(await fixture.push({ pushkey: 'c' }), { rejected: ['c'] })
  fixture.clock.advance(2000)
  await eventually(() => fixture.steps.filter(({ outcome }) => outcome === 'rejected').length === 2)
  assert.deepEqual(
    await fixture.push({ pushkey: 'a', event: '$later' }),
    { rejected: ['a'] },
    'believed after a delivery',
  )
})

test('the inbox rejects pushkeys that are empty or longer than 512 bytes', async (t) => {
  await using fixture = await openGateway(await openTestSqlite(t), {
    apps: { [INBOX_APP_ID]: { type: 'inbox' } },
  })
  const long = 'ü'.repeat(257)
  const longest = 'ü'.repeat(256)
  const userId = '@alice:localhost'
  const response = await fixture.notify(
    forDevices([INBOX_APP_ID, ''], [INBOX_APP_ID, long], [INBOX_APP_ID, longest]),
    { isOwn: true, userId },
  )
  assert.deepEqual(response, { rejected: ['', long] })
  assert.equal((await fixture.store.list({ userId, pushkey: longest })).length, 1)
})
