import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nextItem, type WaitingItem } from '../../src/gateway/next-item.ts'

const NOW = 1000
const item = (position: number, more: Partial<WaitingItem> = {}): WaitingItem => ({
  position,
  expiresAt: NOW + 1,
  takenUntil: null,
  ...more,
})
const three = [item(1), item(4), item(9)]

describe('nextItem', () => {
  test('returns the oldest item, and after failures in a row each item in turn', () => {
    const positions = [0, 1, 2, 3, 4].map((attempts) => {
      const next = nextItem(three, attempts, NOW)
      return next.kind === 'item' && next.item.position
    })
    assert.deepEqual(positions, [1, 4, 9, 1, 4])
  })

  test('skips expired items', () => {
    const expired = item(1, { expiresAt: NOW })
    assert.deepEqual(nextItem([expired, item(4)], 0, NOW), { kind: 'item', item: item(4) })
    assert.deepEqual(nextItem([expired], 0, NOW), { kind: 'wait', until: NOW + 30_000 })
  })

  test('waits while the first attempt of an item is in progress', () => {
    const taken = item(4, { takenUntil: NOW + 5 })
    assert.deepEqual(nextItem([item(1), taken], 0, NOW), { kind: 'wait', until: NOW + 5 })
    assert.equal(nextItem([item(1), taken], 0, NOW + 5).kind, 'wait', 'both have expired')
    const over = item(4, { takenUntil: NOW })
    assert.deepEqual(nextItem([over], 0, NOW), { kind: 'item', item: over })
  })

  test('returns nothing for an empty lane', () => {
    assert.deepEqual(nextItem([], 3, NOW), { kind: 'nothing' })
  })
})
