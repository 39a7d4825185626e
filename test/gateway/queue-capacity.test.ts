import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createQueueCapacity } from '../../src/gateway/queue-capacity.ts'
import { MAX_QUEUED_TEXT_BYTES, queueText } from '../../src/gateway/queue-text.ts'
import { membershipOf, openGateway, unavailable } from './fixture.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'

const limits = { mostQueued: 5, mostQueuedBytes: 1000, mostQueuedBytesPerAddress: 400 }

describe('createQueueCapacity', () => {
  test('reserves capacity before it is used, by address and in sum', () => {
    const capacity = createQueueCapacity(limits, membershipOf(1))
    const a = { source: 'a', bytes: 300 }
    assert.equal(capacity.reserve(a), 'reserved')
    assert.equal(capacity.reserve(a), 'address full', 'reserved capacity counts')
    assert.equal(
      capacity.reserve({ source: '', bytes: 600 }),
      'reserved',
      'the notifications of this server have no address',
    )
    assert.equal(capacity.reserve({ source: 'b', bytes: 200 }), 'queue full')
    capacity.release(a)
    assert.equal(capacity.reserve({ source: 'b', bytes: 200 }), 'reserved')
    assert.equal(capacity.count(), 0)
  })

  test('limits the number of notifications', () => {
    const capacity = createQueueCapacity(limits, membershipOf(1))
    for (let n = 0; n < 5; n++) capacity.added({ source: `${n}`, bytes: 1 })
    assert.equal(capacity.reserve({ source: 'x', bytes: 1 }), 'queue full')
    capacity.removed([{ source: '0', bytes: 1 }])
    assert.equal(capacity.reserve({ source: 'x', bytes: 1 }), 'reserved')
  })

  test('starts with the counts of reset()', () => {
    const capacity = createQueueCapacity(limits, membershipOf(1))
    capacity.reset([{ source: 'a', count: 3, bytes: 400 }])
    assert.equal(capacity.count(), 3)
    assert.equal(capacity.reserve({ source: 'a', bytes: 1 }), 'address full')
    assert.equal(capacity.reserve({ source: 'b', bytes: 1 }), 'reserved')
  })
})

onEachDatabase('a full gateway queue', (open) => {
  test('has capacity again after deliveries, also after a restart', async (t) => {
    const db = await open(t)
    const settings = {
      respondWithinMs: 10_000,
      lifeMs: 86_400_000,
      mostQueued: 10,
      mostQueuedBytes: 1e9,
      mostQueuedBytesPerAddress: 2000,
      mostRemembered: 1e6,
    }
    let isUp = false
    const script = () => (isUp ? undefined : unavailable)
    const from = { isOwn: false, address: '192.0.2.1' }
    const notification = (n: number) => ({
      event_id: `$${n}`,
      devices: [{ app_id: 'app', pushkey: `key ${n}` }],
    })
    const before = await openGateway(db, { script, deps: { settings } })
    for (let n = 0; n < 3; n++) await before.gateway.notify(notification(n), from)
    await assert.rejects(before.gateway.notify(notification(3), from), { status: 429 })
    await before.gateway.notify(notification(4), { isOwn: false, address: '192.0.2.2' })
    await before[Symbol.asyncDispose]()

    await using after = await openGateway(db, { script, clock: before.clock, deps: { settings } })
    await eventually(() => after.gateway.health().queued === 4)
    await assert.rejects(after.gateway.notify(notification(5), from), { status: 429 })
    isUp = true
    await eventually(() => {
      after.clock.advance(5000)
      return after.gateway.health().queued === 0
    })
    assert.deepEqual(await after.gateway.notify(notification(6), from), { rejected: [] })
  })
})

describe('queueText', () => {
  const device = { app_id: 'app', pushkey: 'key' }
  const read = (text: string | undefined) => JSON.parse(text ?? 'null') as Record<string, unknown>

  test('keeps a notification that is not too long', () => {
    const notification = {
      event_id: '$1',
      other: [1],
      content: { body: 'hello', more: {} },
      devices: [device, device],
    }
    assert.deepEqual(read(queueText(notification, device)), { ...notification, devices: [device] })
  })

  test('cuts names and content of a notification that is too long, and removes unknown members', () => {
    const notification = {
      event_id: '$1',
      room_name: 'ü'.repeat(10_000),
      membership: 'join',
      counts: { unread: 2, other: 'x'.repeat(100_000) },
      content: { msgtype: 'm.text', body: 'x'.repeat(5000), formatted_body: 'y'.repeat(5000) },
      other: 'x'.repeat(100_000),
      devices: [device],
    }
    const text = queueText(notification, device)
    const { room_name: name, content, ...rest } = read(text)
    assert.deepEqual(rest, { event_id: '$1', membership: 'join', counts: { unread: 2 }, devices: [device] })
    assert.ok(Buffer.byteLength(String(name)) <= 1024)
    assert.deepEqual(content, { msgtype: 'm.text', body: `${'x'.repeat(999)}…` })
  })

  test('removes content that cannot be cut, and returns undefined when the notification is still too long', () => {
    const content = { keys: 'x'.repeat(MAX_QUEUED_TEXT_BYTES) }
    assert.deepEqual(read(queueText({ event_id: '$1', content, devices: [device] }, device)), {
      event_id: '$1',
      devices: [device],
    })
    const wide = { ...device, data: content }
    assert.equal(queueText({ event_id: '$1', devices: [wide] }, wide), undefined)
  })
})
