import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProviderResult } from '../../src/gateway/provider.ts'
import { query } from '../../src/storage/query.ts'
import { onEachDatabase, openTestSqlite } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { delivered, membershipOf, misconfigured, openGateway, type Script, unavailable } from './fixture.ts'

const HOUR_MS = 3_600_000

const queuedLifetimes = query()((db) =>
  db
    .selectFrom('lane_items')
    .where('source', 'is not', null)
    .select(['created_at', 'expires_at'])
    .orderBy('created_at')
    .orderBy('lane_id')
    .orderBy('position'),
)

/** Advances the clock until `look` finds something. */
const advanceUntil = <T>(
  clock: { advance(ms: number): void },
  look: () => T | undefined | false,
  stepMs = 1000,
) =>
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
  'the queue of a killed gateway',
  (open) => {
    test('is sent by the next process at once, including notifications leased by the killed process', async (t) => {
      const db = await open(t)
      const clock = createManualClock()
      {
        await using fixture = await openGateway(db, { clock, script: () => unavailable })
        await fixture.push()
      }
      await db.transaction((tx) => tx.run(leaseAll, { until: clock.now() + 60_000 }))
      await using next = await openGateway(db, { clock })
      await eventually(() => next.gateway.health().queued === 0 && next.sent.length === 1)
    })
  },
  { alone: true },
)

onEachDatabase('the gateway queue', (open) => {
  test('is not sent while its process writes no heartbeat, because others count it as dead', async (t) => {
    let [silentMs, waits] = [0, 0]
    const { promise: heartbeat, resolve: beat } = Promise.withResolvers<void>()
    const membership = {
      ...membershipOf(2),
      silentFor: () => silentMs,
      nextHeartbeat() {
        waits++
        return heartbeat
      },
    }
    const results = [unavailable]
    await using fixture = await openGateway(await open(t), {
      script: () => results.shift(),
      deps: { membership },
    })
    await fixture.push()
    silentMs = 7_000
    await advanceUntil(fixture.clock, () => waits > 0 || fixture.sent.length > 1)
    assert.equal(fixture.sent.length, 1)
    silentMs = 0
    beat()
    await eventually(() => fixture.sent.length === 2)
  })

  test('retries a notification until it is delivered, and treats the same event as a duplicate', async (t) => {
    const results = [unavailable, unavailable, delivered]
    await using fixture = await openGateway(await open(t), { script: () => results.shift() })
    assert.deepEqual(await fixture.push(), { rejected: [] })
    assert.equal(fixture.gateway.health().queued, 1)
    await fixture.push()
    assert.deepEqual(fixture.outcomes(), ['retry', 'duplicate'])
    await advanceUntil(fixture.clock, () => fixture.outcomes().at(-1) === 'delivered')
    assert.deepEqual(
      fixture.sent.map(({ attempt }) => attempt),
      [1, 2, 3],
    )
    await eventually(() => fixture.gateway.health().queued === 0)
    await fixture.push()
    assert.equal(fixture.sent.length, 3)
  })

  test('is sent by the next process, each notification once', async (t) => {
    const db = await open(t)
    const clock = createManualClock()
    {
      await using fixture = await openGateway(db, { clock, script: () => unavailable })
      await fixture.push({ pushkey: 'a' })
      await fixture.push({ pushkey: 'b' })
    }
    await using next = await openGateway(db, { clock })
    await advanceUntil(clock, () => next.sent.length === 2)
    await eventually(() => next.gateway.health().queued === 0)
    clock.advance(HOUR_MS)
    await next.push({ pushkey: 'c' })
    assert.deepEqual(next.sent.map(({ device }) => device.pushkey).toSorted(), ['a', 'b', 'c'])
  })

  test('drops a notification after a day, and a call after a minute', async (t) => {
    const db = await open(t)
    await using fixture = await openGateway(db, { script: () => ({ ...unavailable, isOfDevice: true }) })
    await fixture.push({ event: '$call', type: 'm.call.invite' })
    await fixture.push({ event: '$message', type: 'm.room.message' })
    const isExpired = (eventId: string) =>
      fixture.steps.some((step) => step.eventId === eventId && step.outcome === 'expired')
    const queued = await db.all(queuedLifetimes, {})
    assert.deepEqual(
      queued.map(({ expires_at: end, created_at: start }) => (end ?? 0) - start),
      [60_000, 24 * HOUR_MS],
    )
    await advanceUntil(fixture.clock, () => isExpired('$call'))
    await advanceUntil(fixture.clock, () => isExpired('$message'), HOUR_MS / 2)
    await eventually(() => fixture.gateway.health().queued === 0)
  })

  test('sends queued notifications with the newest counts, and queues counts only once for each device', async (t) => {
    let isUp = false
    const script: Script = () => (isUp ? delivered : { ...unavailable, isOfDevice: true })
    await using fixture = await openGateway(await open(t), { script })
    await fixture.push({ event: '$old', counts: { unread: 1 } })
    await fixture.push({ event: null, counts: { unread: 2 } })
    await fixture.push({ event: null, counts: { unread: 3 } })
    await fixture.push({ pushkey: 'other', event: '$elsewhere', counts: { unread: 9 } })
    await eventually(() => fixture.gateway.health().queued === 3)
    isUp = true
    const before = fixture.sent.length
    await fixture.push({ event: '$new', counts: { unread: 4 } })
    // A delivery makes the other notifications of the device due at once.
    await eventually(() => fixture.sent.length === before + 2)
    const later = await advanceUntil(fixture.clock, () => {
      const sent = fixture.sent.slice(before).map(({ notification }) => notification)
      return sent.length >= 3 ? sent : undefined
    })
    const countsByEvent = new Map(later.map(({ event_id, counts }) => [event_id, counts?.unread]))
    assert.deepEqual(Object.fromEntries(countsByEvent), { $new: 4, $old: 4, $elsewhere: 9 })
  })
})

test('a notification that its provider never accepts does not delay the other notifications of its device', async (t) => {
  let isUp = false
  const script: Script = ({ notification }) =>
    isUp && notification.event_id !== '$poison' ? delivered : { ...unavailable, isOfDevice: true }
  await using fixture = await openGateway(await openTestSqlite(t), { script })
  for (const event of ['$poison', '$second', '$third']) await fixture.push({ event })
  isUp = true
  const isDelivered = (eventId: string) =>
    fixture.steps.some((step) => step.eventId === eventId && step.outcome === 'delivered')
  await advanceUntil(fixture.clock, () => isDelivered('$second') && isDelivered('$third'))
  assert.ok(fixture.steps.every(({ eventId, outcome }) => eventId !== '$poison' || outcome === 'retry'))
  assert.equal(fixture.gateway.health().queued, 1)
})

test('a device with two lines: a line that hangs does not delay the other', async (t) => {
  const hanging = Promise.withResolvers<ProviderResult>()
  let calls = 0
  const script: Script = ({ device }) => {
    if (++calls <= 2) return { ...unavailable, isOfDevice: true }
    return device.data?.['line'] === 'slow' ? hanging.promise : delivered
  }
  await using fixture = await openGateway(await openTestSqlite(t), { script })
  for (const line of ['slow', 'quick']) await fixture.push({ data: { line } })
  await advanceUntil(fixture.clock, () => fixture.outcomes().includes('delivered'))
  await advanceUntil(
    fixture.clock,
    () => fixture.sent.filter(({ device }) => device.data?.['line'] === 'slow').length === 2,
  )
  assert.equal(fixture.gateway.health().queued, 1)
  hanging.resolve(delivered)
  await eventually(() => fixture.gateway.health().queued === 0)
})

const waits = query()((db) =>
  db.selectFrom('lanes').where('kind', '=', 'push').select(['next_attempt_at', 'last_error']),
)

test('a first attempt that is delivered after a pause makes the queued notifications of the line due within 10 s', async (t) => {
  let isUp = false
  const script: Script = () => (isUp ? delivered : unavailable)
  const db = await openTestSqlite(t)
  await using fixture = await openGateway(db, { script })
  for (let n = 0; n < 9; n++) await fixture.push({ pushkey: `key ${n}` })
  const arePaused = async () => (await db.all(waits, {})).filter((lane) => lane.last_error === 'line paused')
  await eventually(async () => (await arePaused()).length >= 4)
  isUp = true
  // The pause is over then and no queued notification has been tried, so the call below makes the probe.
  const [first] = (await arePaused()).map((lane) => lane.next_attempt_at ?? 0).toSorted((a, b) => a - b)
  const calling = fixture.push({ pushkey: 'new' })
  fixture.clock.advance((first ?? 0) - fixture.clock.now())
  await calling
  await advanceUntil(fixture.clock, () => fixture.outcomes().includes('delivered'), 1000)
  const now = fixture.clock.now()
  await eventually(async () =>
    (await db.all(waits, {})).every((lane) => (lane.next_attempt_at ?? 0) <= now + 10_000),
  )
  await advanceUntil(fixture.clock, () => fixture.gateway.health().queued === 0)
})

test('a newer notification does not wait behind an older one, and its delivery makes the older one due', async (t) => {
  const script: Script = ({ notification, attempt }) =>
    notification.event_id === '$old' && attempt === 1
      ? { kind: 'retry', reason: 'slow down', status: 429, retryAfterMs: HOUR_MS }
      : delivered
  await using fixture = await openGateway(await openTestSqlite(t), { script })
  await fixture.push({ event: '$old' })
  fixture.clock.advance(1000)
  await fixture.push({ event: '$new' })
  await eventually(() => fixture.sent.length === 3)
  assert.deepEqual(
    fixture.sent.map(({ notification }) => notification.event_id),
    ['$old', '$new', '$old'],
  )
})

test('Retry-After of a provider is used, up to an hour', async (t) => {
  const results: ProviderResult[] = [30_000, 24 * HOUR_MS].map((retryAfterMs) => ({
    kind: 'retry',
    reason: 'slow down',
    status: 429,
    retryAfterMs,
  }))
  await using fixture = await openGateway(await openTestSqlite(t), { script: () => results.shift() })
  await fixture.push()
  await advanceUntil(fixture.clock, () => fixture.sent.length === 3, 60_000)
  await eventually(() => fixture.steps.length === 3)
  const waits = fixture.steps.slice(0, 2).map(({ at, nextAttemptAt = 0 }) => nextAttemptAt - at)
  assert.deepEqual(waits, [30_000, HOUR_MS])
  assert.ok(
    (fixture.steps[1]?.at ?? 0) >= (fixture.steps[0]?.nextAttemptAt ?? Infinity),
    'not before nextAttemptAt',
  )
})

test('a slow provider does not delay another, and a slow push service does not delay others of its app', async (t) => {
  const hanging = Promise.withResolvers<ProviderResult>()
  const script: Script = ({ device }) => (device.data?.['line'] === 'slow' ? hanging.promise : delivered)
  const apps = { app: { type: 'scripted', inflight_request_limit: 8 }, other: { type: 'scripted' } }
  await using fixture = await openGateway(await openTestSqlite(t), { script, apps })
  await fixture.push({ event: '$first', data: { line: 'quick' } })
  const slow = Array.from({ length: 20 }, (_, n) => fixture.push({ event: `$${n}`, data: { line: 'slow' } }))
  await eventually(() => fixture.sent.filter(({ device }) => device.data?.['line'] === 'slow').length === 2)
  await fixture.push({ event: '$quick', data: { line: 'quick' } })
  await fixture.push({ app: 'other', event: '$other' })
  assert.deepEqual(fixture.gateway.health().apps['app']?.waiting, 18, 'a line has a quarter of the slots')
  hanging.resolve(delivered)
  await Promise.all(slow)
})

test('a line that fails five times in a row is paused and probed, and sends its queue after a successful probe', async (t) => {
  let isUp = false
  const script: Script = ({ device }) => (isUp || device.data?.['line'] !== 'down' ? delivered : unavailable)
  await using fixture = await openGateway(await openTestSqlite(t), { script })
  const down = (n: number) => fixture.push({ pushkey: `key ${n}`, event: '$e', data: { line: 'down' } })
  for (let n = 0; n < 10; n++) await down(n)
  assert.equal(fixture.sent.length, 5)
  assert.deepEqual(
    fixture.outcomes().slice(5),
    Array.from({ length: 5 }, () => 'queued'),
  )
  assert.deepEqual(
    fixture.gateway.health().apps['app']?.troubles.map(({ reason }) => reason),
    ['unavailable'],
  )
  await fixture.push({ data: { line: 'up' } })
  assert.equal(fixture.sent.length, 6, 'another line is not paused')
  // Pauses of at most 5, 10, 20, … s, each followed by one probe.
  for (let s = 0; s < 30; s++) {
    fixture.clock.advance(1000)
    await new Promise(setImmediate)
  }
  const attempts: number = fixture.sent.length
  assert.ok(attempts <= 6 + 4, `${attempts} attempts`)
  isUp = true
  await advanceUntil(
    fixture.clock,
    () => fixture.outcomes().filter((outcome) => outcome === 'delivered').length === 11,
  )
  assert.deepEqual(fixture.gateway.health().apps['app']?.state, 'ok')
})

test('a configuration error pauses the app at once without rejecting pushkeys, and ends with the next configuration', async (t) => {
  let result: ProviderResult = misconfigured
  await using fixture = await openGateway(await openTestSqlite(t), { script: () => result })
  for (let n = 0; n < 5; n++) assert.deepEqual(await fixture.push({ pushkey: `key ${n}` }), { rejected: [] })
  assert.equal(fixture.sent.length, 1)
  assert.equal(fixture.lines.filter(({ level }) => level === 'error').length, 1)
  result = delivered
  fixture.gateway.replaceApps(await fixture.open({ app: { type: 'scripted' } }))
  await advanceUntil(
    fixture.clock,
    () => fixture.outcomes().filter((outcome) => outcome === 'delivered').length === 5,
  )
  assert.deepEqual(fixture.closed, ['app'], 'the previous app is closed')
})
