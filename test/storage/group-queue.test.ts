import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Again, createShardQueue, type WriteGroup } from '../../src/storage/group-queue.ts'
import type { WaitingWork } from '../../src/storage/group-transaction.ts'

const SHARDS = 8

type Named = WaitingWork & { name: string }

/**
 * An independent transaction, unless `more` says otherwise. Its name is the shard with the order of its
 * arrival: `3a`, `3b`.
 */
function work(name: string, more: Partial<WaitingWork> = {}): Named {
  const number = Number(name[0])
  return {
    name,
    work: async () => undefined,
    durably: true,
    repeatable: true,
    shard: { number, shards: SHARDS },
    inAllShards: false,
    inOwnGroup: false,
    key: `!room${number}:test`,
    waits: true,
    resolve: () => undefined,
    reject: () => undefined,
    ...more,
  }
}
const dependent = { key: undefined } as const

const names = (group: WriteGroup | undefined) => group?.works.map((one) => (one as Named).name)

/** `again`: what the end of a group gives back. */
function createQueue(most = SHARDS, mostWaits = 3) {
  let calls = 0
  const queue = createShardQueue({ most, mostWaits, onWaiting: () => calls++ })
  const push = (...works: (string | Named)[]) => {
    for (const one of works) queue.push(typeof one === 'string' ? work(one) : one)
  }
  const next = () => queue.next() as WriteGroup
  const ended = (group: WriteGroup, again: readonly WaitingWork[], because: Again['because'] = 'held') =>
    queue.ended(group, again.length === 0 ? undefined : { works: again, because })
  return { ...queue, push, next, ended, calls: () => calls }
}
/** The number of times that a group tries a shard that another process holds. */
const TRIES = 8

describe('the queue of the shards', () => {
  test('gives the independent transactions of all shards to one group, with the shards in ascending order', () => {
    const queue = createQueue()
    queue.push('5a', '2a', '7a', '2b')
    const group = queue.next()
    assert.deepEqual(names(group), ['5a', '2a', '2b', '7a'])
    assert.deepEqual(group.lock, [2, 5, 7])
    assert.ok(queue.isEmpty())
  })

  test('gives a single shard to a group that waits for it', () => {
    const queue = createQueue()
    queue.push('5a', '5b')
    const group = queue.next()
    assert.deepEqual([names(group), group.lock], [['5a', '5b'], 5])
  })

  test('gives all shards to a transaction that needs them and that nothing orders', () => {
    const queue = createQueue()
    queue.push(work('all', { ...dependent, shard: undefined, inAllShards: true }))
    assert.equal(queue.next().lock, 'all')
  })

  test('leaves shards whose group runs to a later group', () => {
    const queue = createQueue()
    queue.push('1a', '2a')
    const first = queue.next()
    queue.push('2b', '3a', '1b', '4a')
    assert.deepEqual(queue.next().lock, [3, 4])
    assert.equal(queue.next(), undefined)
    queue.ended(first, [])
    assert.equal(queue.calls(), 1)
    assert.deepEqual(names(queue.next()), ['2b', '1b'])
  })

  test('takes from each shard the transactions before the first that depends on others, which has a group of its shard', () => {
    const queue = createQueue()
    queue.push(
      '1a',
      work('1b', dependent),
      '1c',
      '2a',
      work('3a', dependent),
      work('4a', { inAllShards: true }),
    )
    const shared = queue.next()
    assert.deepEqual(
      [names(shared), shared.lock],
      [
        ['1a', '2a'],
        [1, 2],
      ],
    )
    const [third, all] = [queue.next(), queue.next()]
    assert.deepEqual([names(third), third.lock], [['3a'], 3])
    assert.deepEqual([names(all), all.lock], [['4a'], 'all'])
    queue.ended(shared, [])
    const rest = queue.next()
    assert.deepEqual([names(rest), rest.lock], [['1b', '1c'], 1])
  })

  test('gives a group at most its number of shards and of transactions', () => {
    const queue = createQueue(3)
    for (let shard = 0; shard < 4; shard++) queue.push(`${shard}a`)
    assert.deepEqual(queue.next().lock, [0, 1, 2])
    assert.deepEqual(queue.next().lock, [3])
    const many = createQueue()
    for (let n = 0; n < 200; n++) many.push(`1${n}`, `2${n}`, `3${n}`)
    const group = many.next()
    assert.equal(group.works.length, 256)
    assert.deepEqual(group.lock, [1, 2])
    assert.deepEqual(names(group)?.slice(199, 201), ['1199', '20'])
    many.ended(group, [])
    assert.equal(names(many.next())?.at(0), '30')
  })

  test('collects independent transactions while two groups of them run, and gives others a group of their shard meanwhile', () => {
    const queue = createQueue()
    queue.push('1a')
    const first = queue.next()
    queue.push('2a')
    queue.next()
    queue.push('3a', '4a')
    assert.equal(queue.next(), undefined)
    queue.push(work('5a', dependent))
    const other = queue.next()
    assert.deepEqual([names(other), other.lock], [['5a'], 5])
    queue.push('6a', '1b')
    queue.ended(other, [])
    assert.equal(queue.next(), undefined)
    queue.ended(first, [])
    assert.deepEqual(names(queue.next()), ['3a', '4a', '6a', '1b'])
  })

  test('gives the transactions of a single shard a group that waits for it only while no other group of independent transactions runs', () => {
    const queue = createQueue()
    queue.push('1a')
    const first = queue.next()
    queue.push('2a')
    const second = queue.next()
    assert.deepEqual([first.lock, second.lock], [1, [2]])
    queue.ended(first, [])
    queue.ended(second, second.works)
    const again = queue.next()
    assert.deepEqual([names(again), again.lock], [['2a'], 2])
  })

  test('keeps the number of shards of a group when a group of a single shard ends', () => {
    const queue = createQueue()
    queue.push('1a')
    queue.next()
    queue.push('2a')
    const single = queue.next()
    queue.ended(single, single.works)
    queue.ended(queue.next(), [])
    queue.push('3a', '4a', '5a', '6a', '7a')
    assert.deepEqual(queue.next().lock, [3, 4, 5, 6, 7])
  })

  test('tries what a group gives back after the other shards, before later transactions of its shard', () => {
    const queue = createQueue(3)
    queue.push('1a', '1b', '2a', '3a')
    const group = queue.next()
    queue.push('4a', '1c', '3b')
    queue.ended(group, group.works.slice(0, 3))
    const again = queue.next()
    assert.deepEqual(
      [names(again), again.lock],
      [
        ['4a', '3b'],
        [3, 4],
      ],
    )
    queue.push('1d')
    const rest = queue.next()
    assert.deepEqual(
      [names(rest), rest.lock],
      [
        ['1a', '1b', '1c', '1d', '2a'],
        [1, 2],
      ],
    )
  })

  test('gives a shard a group that waits for it after eight groups that did not get it', () => {
    const queue = createQueue()
    queue.push('1a', '2a')
    for (let tries = 0; tries < TRIES; tries++) {
      const group = queue.next()
      assert.deepEqual(group.lock, [1, 2])
      queue.ended(group, group.works.slice(0, 1))
      queue.push('2b')
    }
    const [waiting, shared] = [queue.next(), queue.next()]
    assert.deepEqual([names(waiting), waiting.lock], [['1a'], 1])
    assert.deepEqual([names(shared), shared.lock], [['2b'], 2])
    queue.ended(waiting, [])
    queue.ended(shared, [])
    queue.push('1b', '2c')
    assert.deepEqual(queue.next().lock, [1, 2])
  })

  test('counts the tries of a shard anew after a group that got it', () => {
    const queue = createQueue()
    for (const round of ['a', 'b']) {
      queue.push(`1${round}`, `2${round}`)
      for (let tries = 1; tries < TRIES; tries++) {
        const group = queue.next()
        assert.deepEqual(group.lock, [1, 2])
        queue.ended(group, group.works)
      }
      const got = queue.next()
      assert.deepEqual(got.lock, [1, 2])
      queue.ended(got, [])
    }
  })

  test('gives each shard a group of its own after a group that failed', () => {
    const queue = createQueue()
    queue.push('1a', '2a')
    const group = queue.next()
    queue.ended(group, group.works, 'failed')
    const [one, two] = [queue.next(), queue.next()]
    assert.deepEqual([names(one), one.lock, names(two), two.lock], [['1a'], 1, ['2a'], 2])
    queue.ended(one, [])
    queue.ended(two, [])
    queue.push('1b', '2b')
    assert.deepEqual(queue.next().lock, [1, 2])
  })

  test('lets fewer groups than connections wait for a shard, so another one writes to free shards', () => {
    const queue = createQueue(SHARDS, 2)
    queue.push(work('1a', dependent), work('2a', dependent), work('3a', dependent))
    const [first] = [queue.next(), queue.next()]
    assert.equal(queue.next(), undefined)
    queue.push('4a')
    const free = queue.next()
    assert.deepEqual([names(free), free.lock], [['4a'], [4]])
    queue.ended(first, [])
    const third = queue.next()
    assert.deepEqual([names(third), third.lock], [['3a'], 3])
  })

  test('has one shard less in a group after one that gives some back, down to two, and one more after each that does not', () => {
    const queue = createQueue(4)
    const nextOf = (lock: number[]) => {
      const group = queue.next()
      assert.deepEqual(group.lock, lock)
      return group
    }
    queue.push('0a', '1a', '2a', '3a', '4a', '5a', '6a', '7a')
    const [left, right] = [nextOf([0, 1, 2, 3]), nextOf([4, 5, 6, 7])]
    queue.ended(left, left.works.slice(0, 1))
    queue.ended(right, right.works.slice(0, 1))
    queue.push('1b', '2b', '3b')
    const two = nextOf([0, 4])
    queue.ended(two, two.works.slice(0, 1))
    queue.ended(nextOf([1, 2]), [])
    queue.ended(nextOf([0, 3]), [])
    queue.push('0c', '1c', '2c', '3c', '4c', '5c')
    nextOf([0, 1, 2, 3])
  })
})
