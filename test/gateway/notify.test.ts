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
  test('answers with the rejected pushkeys alone, each once', async (t) => {
    const dropped: ProviderResult = { kind: 'refused', reason: 'PayloadTooLarge', status: 413 }
    const script = byPushkey({ b: dead, c: dropped, d: dead })
    await using it = await openGateway(await open(t), { script })
    const answer = await it.notify(
      forDevices(['app', 'a'], ['app', 'b'], ['app', 'c'], ['app', 'd'], ['app', 'b']),
    )
    assert.deepEqual(answer, { rejected: ['b', 'd'] })
    assert.equal(it.sent.length, 4, 'a device that is named twice is sent to once')
  })

  test('an app that is unknown, or that several globs match, rejects nobody and is sent nothing', async (t) => {
    const apps = {
      'com.*': { type: 'scripted' },
      '*.ios': { type: 'scripted' },
      'com.exact.ios': { type: 'scripted' },
    }
    await using it = await openGateway(await open(t), { apps, script: () => dead })
    for (const app of ['nobody', 'constructor', '__proto__', '', 'com.both.ios', 'COM.one', 'x'.repeat(65)])
      assert.deepEqual(await it.push({ app }), { rejected: [] }, app)
    assert.equal(it.sent.length, 0)
    assert.deepEqual(new Set(it.outcomes()), new Set(['configuration error']))
    await it.push({ app: 'com.exact.ios' })
    await it.push({ app: 'com.one.android' })
    assert.deepEqual(
      it.sent.map(({ appId }) => appId),
      ['com.exact.ios', 'com.*'],
    )
  })

  test('devices are served at the same time, and what happens to one changes nothing for the others', async (t) => {
    const both = Promise.withResolvers<ProviderResult>()
    let waiting = 0
    const script: Script = ({ device }) => {
      if (device.pushkey === 'broken') throw new Error('a provider that throws')
      if (++waiting === 2) both.resolve(dead)
      return both.promise
    }
    await using it = await openGateway(await open(t), { script })
    const answer = await it.notify(forDevices(['app', 'a'], ['app', 'broken'], ['nobody', 'x'], ['app', 'b']))
    assert.deepEqual(answer, { rejected: ['a', 'b'] })
    assert.deepEqual(it.outcomes().toSorted(), ['configuration error', 'rejected', 'rejected', 'retry'])
  })

  test('the same event five times is one call of the provider, at once or one after the other', async (t) => {
    const db = await open(t)
    const clock = createManualClock()
    const answer = Promise.withResolvers<ProviderResult>()
    {
      await using it = await openGateway(db, { clock, script: () => answer.promise })
      const together = Promise.all(Array.from({ length: 5 }, () => it.push()))
      await eventually(() => it.sent.length === 1)
      answer.resolve(delivered)
      assert.deepEqual(
        await together,
        Array.from({ length: 5 }, () => ({ rejected: [] })),
      )
      await it.push()
      assert.equal(it.sent.length, 1)
      await it.push({ pushkey: 'another' })
      await it.push({ event: '$other' })
      assert.equal(it.sent.length, 3, 'another device, another event')
    }
    await using again = await openGateway(db, { clock })
    await again.push()
    assert.equal(again.sent.length, 0, 'after a restart too')
    clock.advance(24 * 3_600_000)
    await eventually(async () => {
      clock.advance(600_000)
      await again.push()
      return again.sent.length > 0
    })
  })

  test('repeats of a rejected event are told so; a pushkey that was set anew is tried anew', async (t) => {
    await using it = await openGateway(await open(t), { script: () => dead })
    const before = Math.floor(it.clock.now() / 1000) - 10
    assert.deepEqual(await it.push({ pushkeyTs: before }), { rejected: ['key'] })
    it.clock.advance(5000)
    // Until it is written, repeats join the first; afterwards they are known.
    await eventually(async () => {
      assert.deepEqual(await it.push({ pushkeyTs: before }), { rejected: ['key'] })
      return it.steps.at(-1)?.reason === 'rejected'
    })
    assert.equal(it.sent.length, 1)
    await it.push({ pushkeyTs: before + 20 })
    assert.equal(it.sent.length, 2)
  })

  test('counts alone and the test of a pusher go through each time', async (t) => {
    await using it = await openGateway(await open(t))
    for (let n = 0; n < 3; n++) {
      await it.push({ event: null, counts: { unread: n } })
      await it.push({ event: '$THIS_IS_A_FAKE_EVENT_ID' })
    }
    assert.equal(it.sent.length, 6)
  })

  test('a provider that hangs is waited for 10 s; what becomes of it is told with the next call, once', async (t) => {
    const answer = Promise.withResolvers<ProviderResult>()
    const script: Script = ({ attempt, notification }) =>
      notification.event_id === '$event' && attempt === 1 ? answer.promise : delivered
    await using it = await openGateway(await open(t), { script })
    const calling = it.push()
    await eventually(() => it.sent.length === 1)
    it.clock.advance(9999)
    assert.equal(await Promise.race([calling, Promise.resolve('waiting')]), 'waiting')
    it.clock.advance(1)
    assert.deepEqual(await calling, { rejected: [] })
    answer.resolve(dead)
    await eventually(() => it.outcomes().includes('rejected'))
    await eventually(async () => (await it.push()).rejected.length === 1)
    assert.deepEqual(await it.push({ event: '$next' }), { rejected: ['key'] }, 'remembered for any event')
    assert.deepEqual(await it.push({ event: '$third' }), { rejected: [] }, 'and forgotten once it was told')
    assert.equal(it.sent.length, 2)
  })

  test('a late rejection of an own pusher is applied, not remembered', async (t) => {
    const answer = Promise.withResolvers<ProviderResult>()
    const applied: string[] = []
    const onRejected = async (_tx: unknown, device: { pushkey: string }) => void applied.push(device.pushkey)
    await using it = await openGateway(await open(t), { script: () => answer.promise, deps: { onRejected } })
    const calling = it.push({ isOwn: true })
    await eventually(() => it.sent.length === 1)
    it.clock.advance(10_000)
    await calling
    answer.resolve(dead)
    await eventually(() => applied.length === 1)
    assert.deepEqual(applied, ['key'])
  })

  test('503 only when it could not be accepted: the queue is full', async (t) => {
    const settings = { answerWithinMs: 10_000, lifeMs: 3_600_000, mostQueued: 1, ...BYTES }
    const script = byPushkey({ a: unavailable, b: unavailable })
    await using it = await openGateway(await open(t), { script, deps: { settings } })
    assert.deepEqual(await it.notify(forDevices(['app', 'a'])), { rejected: [] })
    await assert.rejects(it.notify(forDevices(['app', 'b'], ['app', 'c'])), { status: 503 })
    assert.deepEqual(await it.notify(forDevices(['app', 'c'])), { rejected: [] })
    assert.equal(it.sent.filter(({ device }) => device.pushkey === 'c').length, 1, 'who has had it is known')
  })
})

test('the first rejections of an app that has delivered nothing are not believed when they are doubtful', async (t) => {
  let result: ProviderResult = doubtful
  await using it = await openGateway(await openTestSqlite(t), { script: () => result })
  assert.deepEqual(await it.push({ pushkey: 'a' }), { rejected: [] })
  result = delivered
  await it.push({ pushkey: 'b' })
  result = doubtful
  assert.deepEqual(await it.push({ pushkey: 'c' }), { rejected: ['c'] })
  it.clock.advance(2000)
  await eventually(() => it.steps.filter(({ outcome }) => outcome === 'rejected').length === 2)
  assert.deepEqual(await it.push({ pushkey: 'a', event: '$later' }), { rejected: ['a'] }, 'believed by now')
})

test('the inbox rejects pushkeys that no pusher may have: none, and more than 512 bytes', async (t) => {
  await using it = await openGateway(await openTestSqlite(t), { apps: { [INBOX_APP_ID]: { type: 'inbox' } } })
  const long = 'ü'.repeat(257)
  const longest = 'ü'.repeat(256)
  const userId = '@alice:localhost'
  const answer = await it.notify(
    forDevices([INBOX_APP_ID, ''], [INBOX_APP_ID, long], [INBOX_APP_ID, longest]),
    { isOwn: true, userId },
  )
  assert.deepEqual(answer, { rejected: ['', long] })
  assert.equal((await it.store.list({ userId, pushkey: longest })).length, 1)
})
