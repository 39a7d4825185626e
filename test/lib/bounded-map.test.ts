import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { BoundedMap } from '../../src/lib/bounded-map.ts'

const keysOf = <V>(map: BoundedMap<string, V>) => [...map].map(([key]) => key)

describe('a bounded map', () => {
  test('evicts the least recently used entry', () => {
    const map = new BoundedMap<string, number>({ limit: 3 })
    for (const key of ['a', 'b', 'c']) map.set(key, 1)
    assert.equal(map.get('a'), 1)
    map.set('d', 1)
    assert.deepEqual(keysOf(map), ['c', 'a', 'd'])
    map.set('c', 2)
    map.set('e', 1)
    assert.deepEqual(keysOf(map), ['d', 'c', 'e'])
    assert.equal(map.get('a'), undefined)
    assert.equal(map.size, 3)
  })

  test('does not count a peek as use', () => {
    const map = new BoundedMap<string, number>({ limit: 2 })
    map.set('a', 1)
    map.set('b', 2)
    assert.equal(map.peek('a'), 1)
    map.set('c', 3)
    assert.equal(map.peek('a'), undefined)
  })

  test('makes a value only for a missing key', () => {
    const map = new BoundedMap<string, string>({ limit: 2 })
    const made: string[] = []
    const make = (key: string) => {
      made.push(key)
      return key.toUpperCase()
    }
    const got = ['a', 'b', 'a', 'c', 'a', 'b'].map((key) => map.getOrInsertComputed(key, make))
    assert.deepEqual(got, ['A', 'B', 'A', 'C', 'A', 'B'])
    assert.deepEqual(made, ['a', 'b', 'c', 'b'])
  })

  test('does not evict values in use, exceeds its limit when all are, and shrinks later', () => {
    const busy = new Set(['a', 'b', 'c', 'd'])
    const map = new BoundedMap<string, string>({ limit: 2, isInUse: (value) => busy.has(value) })
    for (const key of ['a', 'b', 'c', 'd']) map.set(key, key)
    assert.deepEqual(keysOf(map), ['a', 'b', 'c', 'd'])
    busy.delete('b')
    busy.delete('c')
    map.set('e', 'e')
    assert.deepEqual(keysOf(map), ['a', 'd', 'e'])
  })

  test('keeps a single entry whose weight exceeds the limit', () => {
    const map = new BoundedMap<string, number>({ limit: 10, weightOf: (value) => value })
    for (const [key, weight] of [['a', 4] as const, ['b', 3] as const, ['c', 3] as const])
      map.set(key, weight)
    assert.equal(map.size, 3)
    map.set('b', 4)
    assert.deepEqual(keysOf(map), ['c', 'b'])
    map.set('d', 50)
    assert.deepEqual(keysOf(map), ['d'])
    map.set('e', 1)
    assert.deepEqual(keysOf(map), ['e'])
  })

  test('calls onEvict for evictions and not for deletions', () => {
    const evicted: [string, number][] = []
    const map = new BoundedMap<string, number>({
      limit: 2,
      onEvict: (value, key) => evicted.push([key, value]),
    })
    map.set('a', 1)
    map.set('b', 2)
    assert.equal(map.delete('a'), true)
    assert.equal(map.delete('a'), false)
    map.set('c', 3)
    map.set('d', 4)
    assert.deepEqual(evicted, [['b', 2]])
    map.clear()
    assert.deepEqual([map.size, keysOf(map), evicted.length], [0, [], 1])
    for (const key of ['e', 'f']) map.set(key, 5)
    assert.deepEqual(keysOf(map), ['e', 'f'])
  })

  test('allows deleting the current entry during an iteration', () => {
    const map = new BoundedMap<string, number>({ limit: 5 })
    for (const key of ['a', 'b', 'c', 'd']) map.set(key, key === 'b' || key === 'c' ? 0 : 1)
    for (const [key, value] of map) if (value === 0) map.delete(key)
    assert.deepEqual([...map.values()], [1, 1])
    assert.deepEqual(keysOf(map), ['a', 'd'])
  })

  test('behaves like a list in order of use for random operations', () => {
    const command = fc.record({
      kind: fc.constantFrom('set' as const, 'get' as const, 'peek' as const, 'delete' as const),
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      value: fc.integer({ min: 1, max: 4 }),
    })
    const history = fc.array(command, { maxLength: 60 })
    const property = fc.property(fc.integer({ min: 1, max: 12 }), history, (limit, commands) => {
      const map = new BoundedMap<string, number>({ limit, weightOf: (value) => value })
      let model: [string, number][] = []
      for (const { kind, key, value } of commands) {
        const found = model.find(([name]) => name === key)
        const others = model.filter((one) => one !== found)
        if (kind === 'set') {
          map.set(key, value)
          model = [...others, [key, value]]
          while (model.length > 1 && model.reduce((sum, [, weight]) => sum + weight, 0) > limit) model.shift()
        } else if (kind === 'delete') {
          assert.equal(map.delete(key), found !== undefined)
          model = others
        } else {
          assert.equal(map[kind](key), found?.[1])
          if (kind === 'get' && found) model = [...others, found]
        }
        assert.deepEqual([...map], model)
        assert.equal(map.size, model.length)
      }
    })
    fc.assert(property)
  })
})
