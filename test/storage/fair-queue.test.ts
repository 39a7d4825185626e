import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createFairQueue } from '../../src/storage/fair-queue.ts'
import type { WaitingWork } from '../../src/storage/group-transaction.ts'
import { query } from '../../src/storage/query.ts'
import { openTestSqlite } from '../support/databases.ts'

const message: WaitingWork = {
  work: async () => undefined,
  durably: true,
  repeatable: true,
  shard: undefined,
  inAllShards: true,
  inOwnGroup: false,
  key: undefined,
  waits: true,
  results: 0,
  resolve: () => undefined,
  reject: () => undefined,
}
const record = (results: number): WaitingWork => ({ ...message, durably: false, results })

/** The duration of a durable group, with its sync. The pause after it can take an hour. */
const GROUP_MS = 3_600_000

/** `run` takes the next group: its number of messages, or `results`. Undefined: the queue is empty. */
function createQueue() {
  let now = 0
  const queue = createFairQueue(() => now)
  const push = (works: readonly WaitingWork[]) => works.forEach((one) => queue.push(one))
  return {
    messages: (count: number) => push(Array.from({ length: count }, () => message)),
    record: (results: number) => push([record(results)]),
    pass: (ms: number) => void (now += ms),
    pause: () => queue.pause?.(Promise.resolve()),
    async run() {
      await queue.pause?.(Promise.resolve())
      const group = queue.next()
      if (group === undefined) return undefined
      const [first] = group.works
      if (first?.durably === true) now += GROUP_MS
      queue.ended(group, [])
      return first?.durably === true ? group.works.length : 'results'
    },
  }
}

describe('the queue of a single connection', () => {
  test('gives what need not be durable to a group of its own, and the rest to the next one', async () => {
    const queue = createQueue()
    queue.messages(2)
    queue.record(0)
    assert.deepEqual([await queue.run(), await queue.run(), await queue.run()], ['results', 2, undefined])
  })

  test('lets both take turns, so neither waits while the other goes on', async () => {
    const queue = createQueue()
    const groups: unknown[] = []
    for (let at = 0; at < 4; at++) {
      queue.messages(1)
      queue.record(0)
      groups.push(await queue.run())
    }
    assert.deepEqual(groups, ['results', 2, 'results', 2])
  })

  test('after messages, the next ones wait until as many results are recorded', async () => {
    const queue = createQueue()
    queue.record(1)
    queue.messages(3)
    assert.deepEqual([await queue.run(), await queue.run()], ['results', 3])
    queue.messages(5)
    const groups = [queue.run()]
    queue.record(1)
    await groups[0]
    groups.push(queue.run())
    queue.record(2)
    await groups[1]
    groups.push(queue.run())
    assert.deepEqual(await Promise.all(groups), ['results', 'results', 5])
  })

  test('the next messages wait for no further result when none has come for the duration of the group before', async () => {
    const queue = createQueue()
    queue.record(1)
    queue.messages(3)
    await queue.run()
    await queue.run()
    queue.record(1)
    await queue.run()
    queue.messages(5)
    queue.pass(GROUP_MS)
    assert.equal(await queue.run(), 5)
  })

  test('the next messages wait at most three times as long as the group before took', async () => {
    const queue = createQueue()
    queue.record(1)
    queue.messages(9)
    await queue.run()
    await queue.run()
    await queue.pause()
    for (let at = 0; at < 4; at++) {
      queue.pass(GROUP_MS * 0.75)
      queue.record(1)
      assert.equal(await queue.run(), 'results')
    }
    queue.messages(5)
    assert.equal(await queue.run(), 5)
  })

  test('messages do not wait while no results are recorded', async () => {
    const queue = createQueue()
    queue.record(1)
    queue.messages(3)
    await queue.run()
    await queue.run()
    await queue.pause()
    queue.pass(GROUP_MS)
    queue.messages(3)
    await queue.run()
    queue.messages(5)
    assert.equal(await queue.run(), 5)
  })
})

const SENDERS = 32
const RESULTS = 50

const advance = query()((db) => db.updateTable('stream').set((eb) => ({ position: eb('position', '+', 1) })))

test('on SQLite the recording of results keeps up with other transactions, however many wait', async (t) => {
  const db = await openTestSqlite(t)
  const write = (options: { durably?: boolean; results?: number }) =>
    db.transaction((tx) => tx.run(advance, {}), { repeatable: true, ...options })
  let others = 0
  let isOver = false
  const keepWriting = async () => {
    for (; !isOver; others++) await write({})
  }
  const senders = Array.from({ length: SENDERS }, keepWriting)
  for (let recorded = 0; recorded < RESULTS; recorded++) await write({ durably: false, results: 1 })
  const during = others
  isOver = true
  await Promise.all(senders)
  // If each result waited for a group with all that wait, it would be half of the product at least.
  assert.ok(during < (RESULTS * SENDERS) / 4, `${during} transactions during ${RESULTS} results`)
})
