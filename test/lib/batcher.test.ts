import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBatcher } from '../../src/lib/batcher.ts'

test('items that arrive together or during a batch form one call, and each gets its own result', async () => {
  const batches: number[][] = []
  let finish = () => {}
  const double = createBatcher<number, number>(async (items) => {
    batches.push([...items])
    if (batches.length === 1) await new Promise<void>((resolve) => (finish = resolve))
    return items.map((item) => item * 2)
  })
  const first = [double(1), double(2)]
  await new Promise((turn) => setImmediate(turn))
  const later = [double(3), double(4), double(5)]
  finish()
  assert.deepEqual(await Promise.all([...first, ...later]), [2, 4, 6, 8, 10])
  assert.deepEqual(batches, [
    [1, 2],
    [3, 4, 5],
  ])
})

test('a batch has at most the limit of items', async () => {
  const sizes: number[] = []
  const echo = createBatcher<number, number>(async (items) => {
    sizes.push(items.length)
    return items
  }, 2)
  await Promise.all([1, 2, 3, 4, 5].map(echo))
  assert.deepEqual(sizes, [2, 2, 1])
})

test('a failed batch rejects only its own items', async () => {
  let calls = 0
  const flaky = createBatcher<number, number>(async (items) => {
    if (calls++ === 0) throw new Error('no')
    return items
  })
  const failed = await Promise.allSettled([flaky(1), flaky(2)])
  assert.deepEqual(
    failed.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  assert.equal(await flaky(3), 3)
})
