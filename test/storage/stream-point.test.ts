import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  covers,
  coversPoint,
  coversUpTo,
  earlierOf,
  highest,
  laterOf,
  lowest,
  parsePoint,
  pointText,
  positionsBetween,
  START,
  type StreamPoint,
} from '../../src/storage/stream-point.ts'
import { pointOfCounts } from '../support/points.ts'
import { runs } from '../support/property.ts'

const SHARDS = 5
const pointOf = (shards: number) =>
  fc.array(fc.nat(200), { minLength: shards, maxLength: shards }).map(pointOfCounts)
const point = pointOf(SHARDS)
const position = fc.nat(1100)
/** All positions that the point covers, up to a bound above those of `point`. */
const seenAt = (at: StreamPoint) =>
  Array.from({ length: 1100 }, (_, one) => one).filter((one) => covers(at, one))
const isSubset = (all: readonly number[], of: readonly number[]) => all.every((one) => of.includes(one))

describe('a point', () => {
  test('covers the positions of each shard up to the one of the shard', () => {
    fc.assert(
      fc.property(point, position, (at, one) => {
        assert.equal(covers(at, one), one <= (at[one % SHARDS] ?? -1))
        if (one <= lowest(at)) assert.ok(covers(at, one))
        if (one > highest(at)) assert.ok(!covers(at, one))
      }),
    )
  })

  test('with one number covers the positions up to it, whatever the number of shards', () => {
    fc.assert(fc.property(position, position, (at, one) => covers([at], one) === one <= at))
    assert.equal(covers(START, 1), false)
  })

  test('covers another one if it covers all its positions', () => {
    fc.assert(
      fc.property(point, point, (a, b) => coversPoint(a, b) === isSubset(seenAt(b), seenAt(a))),
      { numRuns: runs(50) },
    )
    assert.equal(coversPoint([7, 8], [7]), true)
    assert.equal(coversPoint([7, 6], [7]), false)
    assert.equal(coversPoint([7], [6, 7]), true)
    assert.equal(coversPoint([7], [6, 8]), false)
  })

  test('covers up to a position if it covers all lower ones that the sequence has given', () => {
    const near = fc.array(fc.integer({ min: 18, max: 22 }), { minLength: SHARDS, maxLength: SHARDS })
    fc.assert(
      fc.property(near.map(pointOfCounts), fc.nat(120), (at, one) => {
        const given = Array.from({ length: one + 1 }, (_, lower) => lower).filter((lower) => lower >= SHARDS)
        assert.equal(
          coversUpTo(at, one),
          given.every((lower) => covers(at, lower)),
        )
      }),
    )
    assert.equal(coversUpTo([0, 0, 0], 0), true)
    assert.equal(coversUpTo([0, 0, 0], 3), false)
    assert.deepEqual(
      [6, 7].map((one) => coversUpTo([6], one)),
      [true, false],
    )
  })

  test('earlier than two others covers what both cover, and later than both what one of them covers', () => {
    fc.assert(
      fc.property(point, point, (a, b) => {
        const [ofA, ofB] = [seenAt(a), seenAt(b)]
        assert.deepEqual(
          seenAt(earlierOf(a, b)),
          ofA.filter((one) => ofB.includes(one)),
        )
        assert.deepEqual(
          seenAt(laterOf(a, b)),
          [...new Set([...ofA, ...ofB])].sort((x, y) => x - y),
        )
      }),
      { numRuns: runs(50) },
    )
  })

  test('has a text that parses to a point that covers the same positions', () => {
    for (const shards of [1, 2, 16, 64])
      fc.assert(
        fc.property(pointOf(shards), (at) => assert.deepEqual(parsePoint(pointText(at)), at)),
        { numRuns: runs(50) },
      )
    // A page ends between the positions of a shard.
    fc.assert(
      fc.property(point, position, (at, end) => {
        const cut = earlierOf(at, [end])
        const of = (one: StreamPoint) => seenAt(one).filter((seen) => seen >= SHARDS)
        assert.deepEqual(of(parsePoint(pointText(cut)) ?? []), of(cut))
      }),
      { numRuns: runs(50) },
    )
  })

  test('has as many positions after another one as the sequence has given since the shards that moved', () => {
    assert.equal(positionsBetween([0, 1601], [0, 1605]), 2)
    assert.equal(positionsBetween([800, 1601], [1606, 1605]), 403)
    assert.equal(positionsBetween([800, 1601], [800, 1601]), 0)
    assert.equal(positionsBetween([5], [0, 1, 8]), 1)
  })

  test('has no more positions after another one than it says', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(SHARDS - 1), { maxLength: 60 }), fc.nat(60), (shards, split) => {
        // A shard for each value of the sequence.
        const after = (count: number): StreamPoint =>
          Array.from({ length: SHARDS }, (_, shard) => {
            const value = shards.slice(0, count).lastIndexOf(shard) + 1
            return value === 0 ? 0 : value * SHARDS + shard
          })
        const [from, to] = [after(split), after(shards.length)]
        assert.ok(Math.max(0, shards.length - split) <= Math.max(0, positionsBetween(from, to)))
      }),
    )
  })

  for (const text of ['', '-1', '1.', '1.5', '1.a.b ', `1${'.'.repeat(65)}`, '1.a.123456789', 's1', '1,2'])
    test(`is not in the text ${JSON.stringify(text)}`, () => assert.equal(parsePoint(text), undefined))

  test('in a text that is not from this server is within the safe integers', () => {
    const at = parsePoint(`999999999999999${'.~~~~~~~~'.repeat(64)}`) ?? []
    assert.equal(at.length, 64)
    assert.ok(at.every((one) => Number.isSafeInteger(one)))
  })
})
