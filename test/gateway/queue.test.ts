import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProviderResult } from '../../src/gateway/provider.ts'
import { query } from '../../src/storage/query.ts'
import { onEachDatabase, openTestSqlite } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { delivered, misconfigured, openGateway, type Script, unavailable } from './fixture.ts'

const HOUR_MS = 3_600_000

const livesQueued = query()((db) =>
  db
    .selectFrom('lane_items')
    .where('source', 'is not', null)
    .select(['created_at', 'expires_at'])
    .orderBy('created_at')
    .orderBy('lane_id')
    .orderBy('position'),
)

/** Moves the time on, again and again, until something is there. */
const inTime = <T>(clock: { advance(ms: number): void }, look: () => T | undefined | false, stepMs = 1000) =>
  eventually(() => {
    const found = look()
    if (found === undefined || found === false) clock.advance(stepMs)
    return found
  })

const leaseAll = query<{ until: number }>()((db, p) =>
  db
    .updateTable('lanes')
    .where('kind', '=', 'push')
    .set({ lease_owner: 'a dead process', lease_until: p.until, next_attempt_at: 0 }),
)

onEachDatabase(
  'the queue of a gateway that was killed',
  (open) => {
    test('is sent by the next process at once, also what the dead one had leased', async (t) => {
      const db = await open(t)
      const clock = createManualClock()
      {
        await using it = await openGateway(db, { clock, script: () => unavailable })
        await it.push()
      }
      await db.transaction((tx) => tx.run(leaseAll, { until: clock.now() + 60_000 }))
      await using next = await openGateway(db, { clock })
      await eventually(() => next.gateway.health().queued === 0 && next.sent.length === 1)
    })
  },
  { alone: true },
)

onEachDatabase('what waits in the gateway', (open) => {
  test('is tried again until it is delivered, and is a repeat all the while', async (t) => {
    const results = [unavailable, unavailable, delivered]
    await using it = await openGateway(await open(t), { script: () => results.shift() })
    assert.deepEqual(await it.push(), { rejected: [] })
    assert.equal(it.gateway.health().queued, 1)
    await it.push()
    assert.deepEqual(it.outcomes(), ['retry', 'duplicate'])
    await inTime(it.clock, () => it.outcomes().at(-1) === 'delivered')
    assert.deepEqual(
      it.sent.map(({ attempt }) => attempt),
      [1, 2, 3],
    )
    await eventually(() => it.gateway.health().queued === 0)
    await it.push()
    assert.equal(it.sent.length, 3)
  })

  test('is sent by the next process, once', async (t) => {
    const db = await open(t)
    const clock = createManualClock()
    {
      await using it = await openGateway(db, { clock, script: () => unavailable })
      await it.push({ pushkey: 'a' })
      await it.push({ pushkey: 'b' })
    }
    await using next = await openGateway(db, { clock })
    await inTime(clock, () => next.sent.length === 2)
    await eventually(() => next.gateway.health().queued === 0)
    clock.advance(HOUR_MS)
    await next.push({ pushkey: 'c' })
    assert.deepEqual(next.sent.map(({ device }) => device.pushkey).toSorted(), ['a', 'b', 'c'])
  })

  test('is given up when its life is over: a day, and a minute for calls', async (t) => {
    const db = await open(t)
    await using it = await openGateway(db, { script: () => ({ ...unavailable, isOfDevice: true }) })
    await it.push({ event: '$call', type: 'm.call.invite' })
    await it.push({ event: '$message', type: 'm.room.message' })
    const isExpired = (eventId: string) =>
      it.steps.some((step) => step.eventId === eventId && step.outcome === 'expired')
    const queued = await db.all(livesQueued, {})
    assert.deepEqual(
      queued.map(({ expires_at: end, created_at: start }) => (end ?? 0) - start),
      [60_000, 24 * HOUR_MS],
    )
    await inTime(it.clock, () => isExpired('$call'))
    await inTime(it.clock, () => isExpired('$message'), HOUR_MS / 2)
    await eventually(() => it.gateway.health().queued === 0)
  })

  test('of what waits for a device, the counts are the newest, and counts alone wait once', async (t) => {
    let isUp = false
    const script: Script = () => (isUp ? delivered : { ...unavailable, isOfDevice: true })
    await using it = await openGateway(await open(t), { script })
    await it.push({ event: '$old', counts: { unread: 1 } })
    await it.push({ event: null, counts: { unread: 2 } })
    await it.push({ event: null, counts: { unread: 3 } })
    await it.push({ pushkey: 'other', event: '$elsewhere', counts: { unread: 9 } })
    await eventually(() => it.gateway.health().queued === 3)
    isUp = true
    const before = it.sent.length
    await it.push({ event: '$new', counts: { unread: 4 } })
    // What was delivered to the device makes the others due, without any wait.
    await eventually(() => it.sent.length === before + 2)
    const later = await inTime(it.clock, () => {
      const sent = it.sent.slice(before).map(({ notification }) => notification)
      return sent.length >= 3 ? sent : undefined
    })
    const told = new Map(later.map(({ event_id, counts }) => [event_id, counts?.unread]))
    assert.deepEqual(Object.fromEntries(told), { $new: 4, $old: 4, $elsewhere: 9 })
  })
})

test('a notification that its provider never takes does not keep the others of its device waiting', async (t) => {
  let isUp = false
  const script: Script = ({ notification }) =>
    isUp && notification.event_id !== '$poison' ? delivered : { ...unavailable, isOfDevice: true }
  await using it = await openGateway(await openTestSqlite(t), { script })
  for (const event of ['$poison', '$second', '$third']) await it.push({ event })
  isUp = true
  const isDelivered = (eventId: string) =>
    it.steps.some((step) => step.eventId === eventId && step.outcome === 'delivered')
  await inTime(it.clock, () => isDelivered('$second') && isDelivered('$third'))
  assert.ok(it.steps.every(({ eventId, outcome }) => eventId !== '$poison' || outcome === 'retry'))
  assert.equal(it.gateway.health().queued, 1)
})

test('a device that is reached over two lines waits for each by itself: one that hangs does not hold up the other', async (t) => {
  const hanging = Promise.withResolvers<ProviderResult>()
  let calls = 0
  const script: Script = ({ device }) => {
    if (++calls <= 2) return { ...unavailable, isOfDevice: true }
    return device.data?.['line'] === 'slow' ? hanging.promise : delivered
  }
  await using it = await openGateway(await openTestSqlite(t), { script })
  for (const line of ['slow', 'quick']) await it.push({ data: { line } })
  await inTime(it.clock, () => it.outcomes().includes('delivered'))
  await inTime(it.clock, () => it.sent.filter(({ device }) => device.data?.['line'] === 'slow').length === 2)
  assert.equal(it.gateway.health().queued, 1)
  hanging.resolve(delivered)
  await eventually(() => it.gateway.health().queued === 0)
})

const waits = query()((db) =>
  db.selectFrom('lanes').where('kind', '=', 'push').select(['next_attempt_at', 'last_error']),
)

test('a first attempt that is delivered after a pause lets what waits for the line continue within 10 s', async (t) => {
  let isUp = false
  const script: Script = () => (isUp ? delivered : unavailable)
  const db = await openTestSqlite(t)
  await using it = await openGateway(db, { script })
  for (let n = 0; n < 9; n++) await it.push({ pushkey: `key ${n}` })
  const arePaused = async () => (await db.all(waits, {})).filter((lane) => lane.last_error === 'line paused')
  await eventually(async () => (await arePaused()).length >= 4)
  isUp = true
  // By then the pause is over, and none of those that wait has had its turn: the call below makes the probe.
  const [first] = (await arePaused()).map((lane) => lane.next_attempt_at ?? 0).toSorted((a, b) => a - b)
  const calling = it.push({ pushkey: 'new' })
  it.clock.advance((first ?? 0) - it.clock.now())
  await calling
  await inTime(it.clock, () => it.outcomes().includes('delivered'), 1000)
  const now = it.clock.now()
  await eventually(async () =>
    (await db.all(waits, {})).every((lane) => (lane.next_attempt_at ?? 0) <= now + 10_000),
  )
  await inTime(it.clock, () => it.gateway.health().queued === 0)
})

test('a newer notification does not wait behind an older one, and wakes it', async (t) => {
  const script: Script = ({ notification, attempt }) =>
    notification.event_id === '$old' && attempt === 1
      ? { kind: 'retry', reason: 'slow down', status: 429, retryAfterMs: HOUR_MS }
      : delivered
  await using it = await openGateway(await openTestSqlite(t), { script })
  await it.push({ event: '$old' })
  it.clock.advance(1000)
  await it.push({ event: '$new' })
  await eventually(() => it.sent.length === 3)
  assert.deepEqual(
    it.sent.map(({ notification }) => notification.event_id),
    ['$old', '$new', '$old'],
  )
})

test('a provider that asks to wait is obeyed, within an hour', async (t) => {
  const results: ProviderResult[] = [30_000, 24 * HOUR_MS].map((retryAfterMs) => ({
    kind: 'retry',
    reason: 'slow down',
    status: 429,
    retryAfterMs,
  }))
  await using it = await openGateway(await openTestSqlite(t), { script: () => results.shift() })
  await it.push()
  await inTime(it.clock, () => it.sent.length === 3, 60_000)
  await eventually(() => it.steps.length === 3)
  const waits = it.steps.slice(0, 2).map(({ at, nextAttemptAt = 0 }) => nextAttemptAt - at)
  assert.deepEqual(waits, [30_000, HOUR_MS])
  assert.ok((it.steps[1]?.at ?? 0) >= (it.steps[0]?.nextAttemptAt ?? Infinity), 'not before its time')
})

test('a slow provider does not delay another, nor a slow push service its neighbours', async (t) => {
  const hanging = Promise.withResolvers<ProviderResult>()
  const script: Script = ({ device }) => (device.data?.['line'] === 'slow' ? hanging.promise : delivered)
  const apps = { app: { type: 'scripted', inflight_request_limit: 8 }, other: { type: 'scripted' } }
  await using it = await openGateway(await openTestSqlite(t), { script, apps })
  await it.push({ event: '$first', data: { line: 'quick' } })
  const slow = Array.from({ length: 20 }, (_, n) => it.push({ event: `$${n}`, data: { line: 'slow' } }))
  await eventually(() => it.sent.filter(({ device }) => device.data?.['line'] === 'slow').length === 2)
  await it.push({ event: '$quick', data: { line: 'quick' } })
  await it.push({ app: 'other', event: '$other' })
  assert.deepEqual(it.gateway.health().apps['app']?.waiting, 18, 'a line has a quarter of the places')
  hanging.resolve(delivered)
  await Promise.all(slow)
})

test('a line that fails five times is left alone, probed, and then has it all', async (t) => {
  let isUp = false
  const script: Script = ({ device }) => (isUp || device.data?.['line'] !== 'down' ? delivered : unavailable)
  await using it = await openGateway(await openTestSqlite(t), { script })
  const down = (n: number) => it.push({ pushkey: `key ${n}`, event: '$e', data: { line: 'down' } })
  for (let n = 0; n < 10; n++) await down(n)
  assert.equal(it.sent.length, 5)
  assert.deepEqual(
    it.outcomes().slice(5),
    Array.from({ length: 5 }, () => 'queued'),
  )
  assert.deepEqual(
    it.gateway.health().apps['app']?.troubles.map(({ reason }) => reason),
    ['unavailable'],
  )
  await it.push({ data: { line: 'up' } })
  assert.equal(it.sent.length, 6, 'another line goes on')
  // Rests of at most 5, 10, 20, … s: only probes go out.
  for (let s = 0; s < 30; s++) {
    it.clock.advance(1000)
    await new Promise(setImmediate)
  }
  const attempts: number = it.sent.length
  assert.ok(attempts <= 6 + 4, `${attempts} attempts`)
  isUp = true
  await inTime(it.clock, () => it.outcomes().filter((outcome) => outcome === 'delivered').length === 11)
  assert.deepEqual(it.gateway.health().apps['app']?.state, 'ok')
})

test('a configuration error stops the app at once, rejects nobody, and ends with the next configuration', async (t) => {
  let result: ProviderResult = misconfigured
  await using it = await openGateway(await openTestSqlite(t), { script: () => result })
  for (let n = 0; n < 5; n++) assert.deepEqual(await it.push({ pushkey: `key ${n}` }), { rejected: [] })
  assert.equal(it.sent.length, 1)
  assert.equal(it.lines.filter(({ level }) => level === 'error').length, 1)
  result = delivered
  it.gateway.replaceApps(await it.open({ app: { type: 'scripted' } }))
  await inTime(it.clock, () => it.outcomes().filter((outcome) => outcome === 'delivered').length === 5)
  assert.deepEqual(it.closed, ['app'], 'the app before is closed')
})
