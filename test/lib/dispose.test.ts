import assert from 'node:assert/strict'
import { test } from 'node:test'
import { disposeTogether } from '../../src/lib/dispose.ts'

test('disposeTogether waits for all parts when one of them fails, and rejects with its error', async () => {
  const ended: string[] = []
  const { promise: slow, resolve: endSlow } = Promise.withResolvers<void>()
  const disposing = disposeTogether([
    { [Symbol.asyncDispose]: () => Promise.reject(new Error('failed')) },
    { [Symbol.asyncDispose]: () => slow.then(() => void ended.push('slow')) },
  ])
  const settled = disposing.then(
    () => ended.push('resolved'),
    ({ message }: Error) => ended.push(message),
  )
  await Promise.resolve()
  endSlow()
  await settled
  assert.deepEqual(ended, ['slow', 'failed'])
})
