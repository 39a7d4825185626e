import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createPeers, SILENT_MS } from '../../src/cluster/peers.ts'

function start() {
  let now = 0
  const peers = createPeers(() => now)
  peers.beat('a', 0)
  return { peers, pass: (ms: number) => void (now += ms) }
}

describe('texts of other processes', () => {
  test('that arrive in order are new, and no report finds a loss', () => {
    const { peers } = start()
    for (let number = 1; number <= 5; number++) {
      assert.equal(peers.news('a', number), 'new')
      assert.equal(peers.beat('a', number), false)
    }
  })

  test('that arrive a second time are repeated', () => {
    const { peers } = start()
    peers.news('a', 1)
    peers.news('a', 3)
    assert.deepEqual(
      [1, 3, 2, 2].map((number) => peers.news('a', number)),
      ['repeated', 'repeated', 'new', 'repeated'],
    )
  })

  test('are lost when they are missing at the second report', () => {
    const { peers } = start()
    peers.news('a', 1)
    peers.news('a', 3)
    assert.equal(peers.beat('a', 3), false)
    assert.equal(peers.beat('a', 3), true)
    assert.equal(peers.beat('a', 3), false)
    assert.equal(peers.news('a', 4), 'new')
  })

  test('are not lost when they arrive between the two reports', () => {
    const { peers } = start()
    peers.news('a', 2)
    assert.equal(peers.beat('a', 2), false)
    assert.equal(peers.news('a', 1), 'new')
    assert.equal(peers.beat('a', 2), false)
  })

  test('of a process that is heard for the first time may follow lost ones', () => {
    const { peers } = start()
    assert.equal(peers.news('b', 7), 'after a loss')
    assert.equal(peers.beat('c', 2), true)
    assert.equal(peers.news('d', 1), 'new')
  })

  test('in any order, some of them repeated: each is new once, and only lost ones are reported', () => {
    const numbers = Array.from({ length: 20 }, (_, at) => at + 1)
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...numbers, ...numbers.map((number) => number)], { minLength: 1 }),
        (arrivals) => {
          const { peers } = start()
          const fresh = arrivals.filter((number) => peers.news('a', number) === 'new')
          assert.deepEqual(
            fresh.toSorted((a, b) => a - b),
            [...new Set(arrivals)].toSorted((a, b) => a - b),
          )
          peers.beat('a', 20)
          assert.equal(peers.beat('a', 20), fresh.length < 20)
          assert.equal(peers.beat('a', 20), false)
        },
      ),
    )
  })
})

describe('a silent process', () => {
  test('is a reason to look every 4 s until it is forgotten', () => {
    const { peers, pass } = start()
    const looks: number[] = []
    for (let at = 1000; at <= 60_000; at += 1000) {
      pass(1000)
      if (peers.findSilent()) looks.push(at)
    }
    assert.deepEqual(looks, [4000, 8000, 12_000, 16_000, 20_000])
    assert.equal(peers.size, 0)
  })

  test('is none after its end was announced', () => {
    const { peers, pass } = start()
    peers.bye('a')
    pass(SILENT_MS)
    assert.equal(peers.findSilent(), false)
  })

  test('is not silent while this process did not run', () => {
    const { peers, pass } = start()
    pass(60_000)
    peers.postpone(59_000)
    assert.equal(peers.findSilent(), false)
  })
})
