import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTurns } from '../../src/lib/turns.ts'

/** Runs one task at a time; a task ends when the test ends it. `begun` is the order in which tasks start. */
function oneAtATime(waiting: number) {
  const inTurn = createTurns({ atOnce: 1, waiting, onFull: () => new Error('full') })
  const begun: string[] = []
  const ends: (() => void)[] = []
  const ask = (name: string, source?: string) =>
    inTurn(async () => {
      begun.push(name)
      await new Promise<void>((resolve) => ends.push(resolve))
      return name
    }, source).catch((error: Error) => `${name}: ${error.message}`)
  return {
    begun,
    ask,
    endAll: async (all: readonly Promise<string>[]): Promise<string[]> => {
      const done = Promise.all(all)
      let isDone = false
      void done.then(() => (isDone = true))
      while (!isDone) {
        ends.shift()?.()
        await new Promise(setImmediate)
      }
      return done
    },
  }
}

test('tasks of one source run in order, and a task is refused when the queue is full', async () => {
  const { ask, begun, endAll } = oneAtATime(2)
  const all = ['a', 'b', 'c', 'd'].map((name) => ask(name))
  assert.deepEqual(await endAll(all), ['a', 'b', 'c', 'd: full'])
  assert.deepEqual(begun, ['a', 'b', 'c'])
})

test('sources take turns when one has many tasks', async () => {
  const { ask, begun, endAll } = oneAtATime(10)
  const all = ['a1', 'a2', 'a3', 'a4'].map((name) => ask(name, 'a'))
  all.push(ask('b1', 'b'), ask('c1', 'c'), ask('b2', 'b'))
  await endAll(all)
  assert.deepEqual(begun, ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'])
})

test('the source with the most waiting tasks loses one when the queue is full', async () => {
  const { ask, begun, endAll } = oneAtATime(3)
  const all = ['a1', 'a2', 'a3', 'a4', 'a5'].map((name) => ask(name, 'a'))
  all.push(ask('b1', 'b'), ask('b2', 'b'), ask('c1', 'c'))
  assert.deepEqual(await endAll(all), [
    'a1',
    'a2',
    'a3: full',
    'a4: full',
    'a5: full',
    'b1',
    'b2: full',
    'c1',
  ])
  assert.deepEqual(begun, ['a1', 'a2', 'b1', 'c1'])
})
