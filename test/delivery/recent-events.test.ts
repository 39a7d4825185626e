import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRecentEvents } from '../../src/delivery/recent-events.ts'
import type { PokedEvent } from '../../src/delivery/poked-event.ts'

const eventAt = (position: number) => ({ position }) as unknown as PokedEvent

describe('recent events', () => {
  test('returns an event once', () => {
    const recent = createRecentEvents()
    recent.add(eventAt(1))
    assert.deepEqual(recent.take(1), eventAt(1))
    assert.equal(recent.take(1), undefined)
  })

  test('holds the 256 newest events', () => {
    const recent = createRecentEvents()
    for (let position = 1; position <= 257; position++) recent.add(eventAt(position))
    assert.equal(recent.take(1), undefined)
    assert.deepEqual(recent.take(2), eventAt(2))
    assert.deepEqual(recent.take(257), eventAt(257))
  })
})
