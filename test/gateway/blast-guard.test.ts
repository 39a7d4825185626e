import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBlastGuard } from '../../src/gateway/blast-guard.ts'

const gone = { kind: 'rejected', status: 410, reason: 'status 410' } as const

test('a burst of rejections after a start raises an alarm, and further rejections are held until a delivery', () => {
  const guard = createBlastGuard()
  const beliefs = Array.from({ length: 11 }, (_, at) => guard.rejected(gone, `device ${at}`))
  assert.deepEqual(
    beliefs.slice(0, 9),
    Array.from({ length: 9 }, () => 'believed'),
  )
  assert.deepEqual(beliefs.slice(9), ['alarm', 'held'])
  guard.delivered()
  assert.equal(guard.rejected(gone, 'device 12'), 'believed')
})

test('a certain rejection is believed, and raises no alarm', () => {
  const guard = createBlastGuard()
  for (let at = 0; at < 100; at++)
    assert.equal(guard.rejected({ ...gone, isCertain: true }, `device ${at}`), 'believed')
  assert.equal(guard.isAlarmed(), false)
})

test('a malformed pushkey is believed without an attempt, unless another configuration could accept it', () => {
  const guard = createBlastGuard()
  const unfit = { kind: 'rejected', reason: 'pushkey is no device token' } as const
  for (let at = 0; at < 100; at++) assert.equal(guard.rejected(unfit, `device ${at}`), 'believed')
  assert.equal(guard.rejected({ ...unfit, isDoubtful: true }, 'a'), 'held')
})

test('a doubtful rejection is held until the app has delivered a push', () => {
  const guard = createBlastGuard()
  const doubtful = { ...gone, isDoubtful: true }
  assert.equal(guard.rejected(doubtful, 'a'), 'held')
  guard.delivered()
  assert.equal(guard.rejected(doubtful, 'a'), 'believed')
})
