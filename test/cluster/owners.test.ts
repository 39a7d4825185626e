import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownerOf, ranked } from '../../src/cluster/owners.ts'

const keys = Array.from({ length: 4000 }, (_, n) => `lane ${n}`)

test('a key has the same owner whatever the order of the processes', () => {
  for (const key of keys.slice(0, 100))
    assert.equal(ownerOf(key, ['a', 'b', 'c']), ownerOf(key, ['c', 'a', 'b']))
  assert.equal(ownerOf('lane 1', []), undefined)
})

test('a process that comes takes its share of the keys, and no other key changes its owner', () => {
  for (const count of [1, 2, 3, 5, 9]) {
    const before = Array.from({ length: count }, (_, n) => `process ${n}`)
    const after = [...before, 'new']
    const moved = keys.filter((key) => ownerOf(key, before) !== ownerOf(key, after))
    assert.ok(moved.every((key) => ownerOf(key, after) === 'new'))
    const share = moved.length / keys.length
    assert.ok(Math.abs(share - 1 / (count + 1)) < 0.05, `${count} processes: ${share}`)
  }
})

test('a process that goes leaves its keys to the second in their ranks', () => {
  for (const key of keys.slice(0, 300)) {
    const [first, second] = ranked(key, ['a', 'b', 'c'])
    assert.equal(
      ownerOf(
        key,
        ['a', 'b', 'c'].filter((id) => id !== first),
      ),
      second,
    )
  }
})
